package io.signalbox.identity;

import io.signalbox.device.CustomerId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import java.util.Optional;

/** A user. {@code createdTime} is in epoch milliseconds; {@code tenant} and {@code customer} as in {@link Caller}. */
public record User(
        UserId id,
        long createdTime,
        String email,
        Authority authority,
        Optional<TenantId> tenant,
        Optional<CustomerId> customer,
        Optional<String> firstName,
        Optional<String> lastName,
        Optional<String> phone,
        Optional<String> additionalInfo,
        long version) {}
