package io.signalbox.identity;

import io.signalbox.device.TenantId;
import io.signalbox.device.TenantProfileId;
import java.util.Optional;

/**
 * A tenant: owns devices, customers and users, and sees nothing of others.
 *
 * @param createdTime epoch milliseconds
 * @param contact     JSON text of the address members (country, state, city, address, address2, zip, phone, email)
 * @param profile     what it may have; empty: what the default profile says
 */
public record Tenant(
        TenantId id,
        long createdTime,
        String title,
        String contact,
        Optional<String> additionalInfo,
        Optional<TenantProfileId> profile,
        long version) {
    /** One with the default profile. */
    public Tenant(
            TenantId id,
            long createdTime,
            String title,
            String contact,
            Optional<String> additionalInfo,
            long version) {
        this(id, createdTime, title, contact, additionalInfo, Optional.empty(), version);
    }
}
