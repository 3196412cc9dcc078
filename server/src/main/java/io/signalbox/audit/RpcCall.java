package io.signalbox.audit;

import io.signalbox.device.DeviceId;
import java.util.Arrays;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;

/**
 * One REST call of a command, as it ended; or a persistent command, as it was accepted or ended. Holds what the call had in its hands; texts are made of it later, elsewhere.
 *
 * @param createdTime epoch milliseconds
 * @param address     of the caller; asked for at most once, on another thread
 * @param deviceName  empty when the caller may not know of the device
 * @param params      UTF-8 JSON; empty when they are not told again; never changes
 * @param outcome     how far the command came, in the words of {@code Signalbox-Rpc-Outcome}; or {@code answered},
 *                    {@code delivered}, {@code accepted}, {@code known}; or the state in which a persistent command ended, in
 *                    lower case
 * @param response    what the device answered; empty for nothing; never changes
 * @param failure     what went wrong (server-side RPC §9); empty for a success
 * @param rpcId       of a persistent command
 */
public record RpcCall(
        long createdTime,
        AuditCaller caller,
        Supplier<String> address,
        DeviceId device,
        Optional<String> deviceName,
        boolean oneWay,
        String method,
        byte[] params,
        String outcome,
        byte[] response,
        String failure,
        Optional<UUID> rpcId) {

    boolean isFailure() {
        return !failure.isEmpty();
    }

    /** Itself, or what is left of it when none of its parts may be longer than so many bytes. */
    RpcCall cut(int bytesMax) {
        if (params.length <= bytesMax && response.length <= bytesMax && method.length() <= bytesMax) {
            return this;
        }
        return new RpcCall(
                createdTime,
                caller,
                address,
                device,
                deviceName,
                oneWay,
                method.length() <= bytesMax ? method : method.substring(0, bytesMax),
                cut(params, bytesMax),
                outcome,
                cut(response, bytesMax),
                failure,
                rpcId);
    }

    private static byte[] cut(byte[] bytes, int max) {
        return bytes.length <= max ? bytes : Arrays.copyOf(bytes, max);
    }
}
