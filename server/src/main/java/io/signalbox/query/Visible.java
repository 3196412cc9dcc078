package io.signalbox.query;

import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import java.util.Optional;

/**
 * Whose devices somebody sees.
 *
 * @param customer empty: all of the tenant
 */
public record Visible(TenantId tenant, Optional<CustomerId> customer) {}
