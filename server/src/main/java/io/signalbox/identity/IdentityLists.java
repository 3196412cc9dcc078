package io.signalbox.identity;

import io.signalbox.device.CustomerId;
import io.signalbox.device.Listed;
import io.signalbox.device.PageLink;
import io.signalbox.device.TenantId;

/**
 * Lists of users and tenants. Every call blocks until it is read: virtual or platform threads only. Fails with {@link
 * io.signalbox.ops.Rejected} {@code BAD_REQUEST} for a sort property that the list does not know, and with {@code
 * STORE_UNAVAILABLE} when the store does.
 */
public interface IdentityLists {
    Listed<User> users(TenantId tenant, PageLink link);

    Listed<User> administrators(TenantId tenant, PageLink link);

    Listed<User> users(CustomerId customer, PageLink link);

    Listed<Tenant> tenants(PageLink link);
}
