package io.signalbox.identity;

import io.signalbox.device.TenantId;
import java.util.Optional;

/**
 * A tenant: owns devices, customers and users, and sees nothing of others.
 *
 * @param createdTime epoch milliseconds
 * @param contact     JSON text of the address members (country, state, city, address, address2, zip, phone, email)
 */
public record Tenant(
        TenantId id, long createdTime, String title, String contact, Optional<String> additionalInfo, long version) {}
