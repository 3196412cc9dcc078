package io.signalbox.identity;

import io.signalbox.device.TenantId;
import io.signalbox.device.TenantProfileId;
import java.util.Optional;

/**
 * A wish to create or change a tenant: exactly the members that a caller may set.
 *
 * @param id      empty to create
 * @param title   empty text when the request had none
 * @param email   checked; it is in {@code contact}, too
 * @param contact as in {@link Tenant}
 * @param profile empty: as it was, or the default one
 * @param version as in {@link SaveUser}
 */
public record SaveTenant(
        Optional<TenantId> id,
        String title,
        Optional<String> email,
        String contact,
        Optional<String> additionalInfo,
        Optional<TenantProfileId> profile,
        Optional<Long> version) {}
