package io.signalbox.rpc;

import io.signalbox.device.CustomerId;
import io.signalbox.device.DeviceId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;

/**
 * What the caller of a persistent command asked for; never changes.
 *
 * @param id             the {@code rpcId} of the API
 * @param device         {@link io.signalbox.device.Device#number}
 * @param createdTime    epoch milliseconds
 * @param expirationTime epoch milliseconds
 * @param params         compact UTF-8 JSON
 * @param retries        as the caller gave it
 * @param additionalInfo JSON text; empty when the wire says {@code null}
 * @param retryPolicy    when it is sent again
 * @param once           one attempt, now or never: it has ended when that is over, though its time is not
 * @param redeliver      whether a delivered, unanswered command goes out again when the device subscribes; empty: as the
 *                       device is set
 * @param lane           commands of one lane and device replace each other
 * @param supersede      ends the older open commands of the lane
 * @param idempotencyKey the caller's own name for this request
 * @param caller         who called
 * @param callerName     and the name at that time
 * @param origin         what else the audit log says of the call
 */
public record RpcOrder(
        UUID id,
        TenantId tenant,
        long device,
        DeviceId deviceId,
        long createdTime,
        long expirationTime,
        boolean oneWay,
        String method,
        byte[] params,
        OptionalInt retries,
        Optional<String> additionalInfo,
        RetryPolicy retryPolicy,
        boolean once,
        Optional<Boolean> redeliver,
        Optional<String> lane,
        boolean supersede,
        Optional<String> idempotencyKey,
        UserId caller,
        String callerName,
        Origin origin) {
    /**
     * Where a call came from, as it was then.
     *
     * @param customer   present for customer users only
     * @param address    of the caller; empty when that is not known
     * @param deviceName empty when that is not known
     */
    public record Origin(Optional<CustomerId> customer, String address, String deviceName) {
        /** Of commands from before this was kept. */
        public static final Origin UNKNOWN = new Origin(Optional.empty(), "", "");
    }
}
