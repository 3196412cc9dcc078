package io.signalbox.identity;

import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import java.util.Optional;

/**
 * A wish to create or change a user: exactly the members that a caller may set.
 *
 * @param id             empty to create
 * @param email          empty text when the request had none
 * @param tenant         heeded from the system administrator only; others act in their own
 * @param additionalInfo JSON text of an object
 * @param version        the version that was changed; empty overwrites whatever is there
 */
public record SaveUser(
        Optional<UserId> id,
        String email,
        Optional<Authority> authority,
        Optional<TenantId> tenant,
        Optional<CustomerId> customer,
        Optional<String> firstName,
        Optional<String> lastName,
        Optional<String> phone,
        Optional<String> additionalInfo,
        Optional<Long> version) {}
