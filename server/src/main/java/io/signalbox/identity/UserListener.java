package io.signalbox.identity;

import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;

/** Hears what became of users, once it is committed. Virtual or platform threads; may block. */
public interface UserListener {
    /** The user was changed, enabled, disabled or deleted. */
    void changed(UserId user);

    /** The customer's users were deleted. */
    void deletedAllOf(CustomerId customer);

    /** The tenant's users were deleted. */
    void deletedAllOf(TenantId tenant);
}
