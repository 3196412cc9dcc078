package io.signalbox.session;

import io.signalbox.payload.Reading;
import java.util.List;

/** What the server says to a device. */
public sealed interface DownlinkMessage {
    /**
     * A command. The session reports on it with the {@link Signal}s that carry the same two numbers.
     *
     * @param requestId the id the device sees
     * @param attempt   1 for the first time it is sent
     * @param params    UTF-8 JSON
     */
    record RpcRequest(int requestId, int attempt, String method, byte[] params) implements DownlinkMessage {}

    /** Shared attributes that were written or deleted; one of the lists may be empty. */
    record AttributesChanged(List<Reading> changed, List<String> deleted) implements DownlinkMessage {}
}
