package io.signalbox.transport.mqtt;

import io.signalbox.payload.LenientJson;
import io.signalbox.payload.MalformedPayload;
import io.signalbox.payload.Reading;
import io.signalbox.payload.Value;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Requests of a device to the server (MQTT device API §9): what the transport itself can answer. */
final class ClientRpc {
    private ClientRpc() {}

    /**
     * The body of the answer: the limits of the session for {@code getSessionLimits}, an error for every other method.
     *
     * @throws MalformedPayload no object, or without a method
     */
    static byte[] answer(byte[] request, int packetBytesMax, int inflightMax) {
        String method = method(LenientJson.attributes(request, 0));
        String answer = method.equals("getSessionLimits")
                ? "{\"maxPayloadSize\":" + packetBytesMax + ",\"maxInflightMessages\":" + inflightMax
                        + ",\"rateLimits\":{\"messages\":null,\"telemetryMessages\":null,\"telemetryDataPoints\":null}}"
                : "{\"error\":\"no rule answers this method\"}";
        return answer.getBytes(StandardCharsets.UTF_8);
    }

    private static String method(List<Reading> members) {
        for (Reading member : members) {
            if (member.key().equals("method")) {
                return member.value() instanceof Value.Text(String text)
                        ? text
                        : member.value().toString();
            }
        }
        throw new MalformedPayload("a request needs a method");
    }
}
