package io.signalbox.registry;

import io.signalbox.device.TenantId;
import java.util.List;
import java.util.Optional;

/**
 * Profiles on disk. Every call blocks until it is read or committed: virtual or platform threads only. Fails with {@link
 * io.signalbox.ops.Rejected} {@code BAD_REQUEST} where a rule of the specification is broken (REST API §8.2), and with
 * {@code STORE_UNAVAILABLE} when the store does.
 */
public interface ProfileStore<P extends Profile<I>, I> {
    Optional<P> profile(I id);

    /**
     * All of the tenant, by name.
     *
     * @param activeOnly those that something has
     */
    List<P> names(TenantId tenant, boolean activeOnly);

    /** Stores a new one whose name must be free, as must be what else is its own. */
    P add(P profile);

    /**
     * Replaces what clients may write of the profile whose version is still that of {@code profile}.
     *
     * @throws io.signalbox.ops.Rejected {@code VERSION_CONFLICT}, or the name is taken
     */
    P update(P profile);

    /** @throws io.signalbox.ops.Rejected it is the default, or something has it */
    void delete(I id);

    /** Makes it the default of its tenant, and the one before no more. */
    P makeDefault(I id);
}
