package io.signalbox.identity;

import io.signalbox.device.TenantId;
import io.signalbox.device.Uuids;
import io.signalbox.ops.Rejected;
import java.time.InstantSource;

/**
 * Tenants (REST API §11).
 *
 * <p>Virtual or platform threads: calls block. Calls with a {@link Caller} check what it may do. Failures are {@link
 * Rejected}, in the words of the specification.
 */
public final class Tenants {
    private static final String TYPE = "Tenant";

    private final IdentityStore store;
    private final TenantContents contents;
    private final Tokens tokens;
    private final UserListener listener;
    private final InstantSource clock;

    public Tenants(
            IdentityStore store, TenantContents contents, Tokens tokens, UserListener listener, InstantSource clock) {
        this.store = store;
        this.contents = contents;
        this.tokens = tokens;
        this.listener = listener;
        this.clock = clock;
    }

    public Tenant read(Caller caller, TenantId id) {
        Access.tenant(caller, Access.Operation.READ, id).orReject(TYPE, id);
        return existing(id);
    }

    public Tenant save(Caller caller, SaveTenant wish) {
        if (caller.authority() != Authority.SYS_ADMIN) {
            throw Access.forbidden();
        }
        if (wish.title().isBlank()) {
            throw Texts.bad("Tenant title should be specified!");
        }
        Texts.check("title", wish.title());
        wish.email().ifPresent(Texts::checkEmail);
        if (wish.id().isPresent()) {
            Tenant old = existing(wish.id().get());
            return store.updateTenant(new Tenant(
                    old.id(),
                    old.createdTime(),
                    wish.title(),
                    wish.contact(),
                    wish.additionalInfo(),
                    wish.profile().or(old::profile),
                    wish.version().orElse(old.version())));
        }
        long now = clock.millis();
        Tenant made = store.insertTenant(new Tenant(
                new TenantId(Uuids.next(now)),
                now,
                wish.title(),
                wish.contact(),
                wish.additionalInfo(),
                wish.profile(),
                1));
        contents.created(made.id());
        return made;
    }

    /** Contents first: when it breaks off the tenant is still there to be deleted again. */
    public void delete(Caller caller, TenantId id) {
        Access.tenant(caller, Access.Operation.DELETE, id).orReject(TYPE, id);
        existing(id);
        contents.deleted(id);
        if (!store.deleteTenant(id)) {
            throw Access.missing(TYPE, id);
        }
        tokens.endTokensOf(id);
        listener.deletedAllOf(id);
    }

    private Tenant existing(TenantId id) {
        return store.tenant(id).orElseThrow(() -> Access.missing(TYPE, id));
    }
}
