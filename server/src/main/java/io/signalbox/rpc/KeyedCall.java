package io.signalbox.rpc;

import io.signalbox.device.DeviceId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import java.util.Optional;
import java.util.UUID;

/**
 * A caller's own name for the request of a lightweight command, and what tells that request from others.
 *
 * @param id          of the command that the key stands for if it is not in use
 * @param fingerprint as of {@link Fingerprint}
 * @param createdTime epoch milliseconds
 */
public record KeyedCall(TenantId tenant, String key, UUID id, byte[] fingerprint, long createdTime) {
    /** @param now epoch milliseconds */
    public static KeyedCall of(
            TenantId tenant,
            DeviceId device,
            UserId caller,
            String key,
            Optional<String> lane,
            Command command,
            long now) {
        byte[] fingerprint =
                Fingerprint.of(device, command.oneWay(), command.method(), command.params(), false, lane, caller);
        return new KeyedCall(tenant, key, command.id(), fingerprint, now);
    }
}
