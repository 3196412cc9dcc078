package io.signalbox.registry;

import io.signalbox.device.TenantId;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.util.Optional;

/** Which profile a thing gets by what clients write about it (REST API §5.1). Blocks. */
final class ProfileChoice<P extends Profile<I>, I> {
    private static final String DEFAULT = "default";

    private final String thing;
    private final ProfileLookup<P, I> store;
    private final Maker<P> maker;

    /** @param thing in lower case, as texts name it: {@code device} */
    ProfileChoice(String thing, ProfileLookup<P, I> store, Maker<P> maker) {
        this.thing = thing;
        this.store = store;
        this.maker = maker;
    }

    interface Maker<P> {
        /** A new profile, not stored yet. */
        P make(TenantId tenant, String name, boolean isDefault);
    }

    /**
     * @param profile wins over {@code type}
     * @param type    the name of a profile, which is made when it is missing; empty: the default one
     * @throws Rejected {@code BAD_REQUEST}: there is no such profile, or it is another tenant's
     */
    P choose(TenantId tenant, Optional<I> profile, Optional<String> type) {
        if (profile.isPresent()) {
            return given(tenant, profile.get());
        }
        return type.filter(name -> !name.isEmpty())
                .map(name -> named(tenant, name))
                .orElseGet(() -> defaultOf(tenant));
    }

    /** The tenant's default profile, made now if there is none. */
    P defaultOf(TenantId tenant) {
        return store.defaultProfile(tenant).orElseGet(() -> named(tenant, DEFAULT));
    }

    private P given(TenantId tenant, I id) {
        P profile = store.profile(id)
                .orElseThrow(() ->
                        Checks.badRequest(sentence(thing) + " is referencing non existing " + thing + " profile!"));
        if (!profile.tenant().equals(tenant)) {
            throw Checks.badRequest(
                    sentence(thing) + " can`t be referencing to " + thing + " profile from different tenant!");
        }
        return profile;
    }

    private P named(TenantId tenant, String name) {
        return store.profile(tenant, name)
                .orElseGet(() -> store.insertProfile(maker.make(tenant, name, name.equals(DEFAULT))));
    }

    /** @throws Rejected {@code NOT_FOUND}, or {@code PERMISSION_DENIED}: another tenant's */
    P existing(TenantId tenant, I id) {
        P profile = store.profile(id).orElseThrow(() -> Changes.notFound(sentence(thing) + " profile", id));
        if (!profile.tenant().equals(tenant)) {
            throw new Rejected(ErrorCode.PERMISSION_DENIED, "You don't have permission to perform this operation!");
        }
        return profile;
    }

    private static String sentence(String word) {
        return Character.toUpperCase(word.charAt(0)) + word.substring(1);
    }
}
