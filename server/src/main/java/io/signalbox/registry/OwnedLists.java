package io.signalbox.registry;

import io.signalbox.device.Listed;
import io.signalbox.device.TenantId;
import java.util.List;
import java.util.Optional;

/**
 * Lists of devices, or of assets. Every call blocks until it is read: virtual or platform threads only. Fails with {@link
 * io.signalbox.ops.Rejected} {@code BAD_REQUEST} for a sort property that the list does not know, and with {@code
 * STORE_UNAVAILABLE} when the store does.
 *
 * @param <E> one of them
 * @param <F> the same, with what people want to see beside it
 * @param <I> its identity
 */
public interface OwnedLists<E, F, I> {
    Listed<E> list(OwnedQuery query);

    Listed<F> infos(OwnedQuery query);

    Optional<E> find(I id);

    /** The one of this tenant with exactly this name. */
    Optional<E> named(TenantId tenant, String name);

    Optional<F> info(I id);

    /** Names of the profiles that those of the tenant have. */
    List<String> types(TenantId tenant);
}
