package io.signalbox.registry;

import io.signalbox.device.TenantId;
import java.util.UUID;

/**
 * A kind of things of one tenant, which has exactly one default of each.
 *
 * @param <I> its identity
 */
public interface Profile<I> {
    I id();

    UUID uuid();

    TenantId tenant();

    /** Unique within the tenant among profiles of such things. */
    String name();

    boolean isDefault();
}
