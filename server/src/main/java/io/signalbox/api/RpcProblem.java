package io.signalbox.api;

import io.signalbox.ops.ErrorCode;
import io.signalbox.rpc.Outcome;
import io.vertx.core.buffer.Buffer;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;

/**
 * Why a command got no answer from its device, as a problem document (RFC 9457) for callers that accept one, and the page that
 * explains the codes. Codes are those of the header {@code Signalbox-Rpc-Outcome}, and never change.
 */
enum RpcProblem {
    NO_SESSION(
            "The device was not connected",
            "Nothing was sent. See whether the device has power and network, and whether it logs in with its present"
                    + " token; or send a persistent command, which waits for it."),
    NOT_SUBSCRIBED(
            "The device was connected, but did not ask for commands",
            "Nothing was sent. Over MQTT it has to subscribe to v1/devices/me/rpc/request/+, over HTTP to poll"
                    + " /api/v1/{token}/rpc."),
    WAITING(
            "Other commands were ahead, or the device did not read",
            "Nothing was sent. See how many commands the device has open, and which submit strategy it has."),
    NOT_WRITTEN(
            "The command did not leave the server for certain",
            "It was handed to the connection, which ended or did not take it. It may have arrived."),
    SENT_NOT_ACKNOWLEDGED(
            "The device did not acknowledge the command",
            "It was sent, and no PUBACK came. The device may be stuck, out of reach, or have carried it out without"
                    + " saying so."),
    NO_ANSWER(
            "The device has the command and did not answer",
            "See whether its program answers on v1/devices/me/rpc/response/{id} with the id of the request, and in time."),
    EXPIRED(
            "The time of the command was over when it arrived",
            "Nothing was sent. Compare the clock of the caller with that of the server, or give a later expirationTime."),
    UNKNOWN(
            "What became of the command is not known",
            "A request with this Idempotency-Key was begun before, and its outcome is not known here, or not yet: it may have"
                    + " been sent, and may have run. It is not run again; ask the device, or use another key."),
    ANSWER_NOT_KEPT(
            "The device answered, and the answer was too long to be remembered",
            "The command ran when it was called first with this Idempotency-Key, and is not run again. Answers up to 16,384"
                    + " bytes are remembered."),
    SHUTTING_DOWN("The server stops", "Repeat the call in a moment. Whether the command was sent, its stage says.");

    static final String CONTENT_TYPE = "application/problem+json";

    /** Where the page with all codes is. */
    static final String PAGE = "/docs/errors";

    private final String code = name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    private final String title;
    private final String next;

    RpcProblem(String title, String next) {
        this.title = title;
        this.next = next;
    }

    static RpcProblem of(Outcome.Stage stage) {
        return switch (stage) {
            case NO_SESSION -> NO_SESSION;
            case NOT_SUBSCRIBED -> NOT_SUBSCRIBED;
            case WAITING -> WAITING;
            case NOT_WRITTEN -> NOT_WRITTEN;
            case SENT_NOT_ACKNOWLEDGED -> SENT_NOT_ACKNOWLEDGED;
            case NO_ANSWER -> NO_ANSWER;
            case EXPIRED -> EXPIRED;
        };
    }

    String code() {
        return code;
    }

    /** @param stage how far the command came, where it is known */
    Buffer document(int status, Optional<Outcome.Stage> stage, UUID rpc, Instant at) {
        return Buffer.buffer(Json.bytes(json -> {
            json.writeStartObject();
            json.writeStringProperty("type", PAGE + "#" + code);
            json.writeStringProperty("title", title);
            json.writeNumberProperty("status", status);
            json.writeStringProperty("code", code);
            if (stage.isPresent()) {
                json.writeStringProperty("stage", stage.get().header());
                json.writeBooleanProperty("sent", stage.get().mayHaveRun());
            }
            json.writeStringProperty("rpcId", rpc.toString());
            json.writeStringProperty("at", at.toString());
            json.writeStringProperty("detail", next);
            json.writeNumberProperty("errorCode", ErrorCode.INTERNAL.number());
            json.writeEndObject();
        }));
    }

    /** What people read behind the link of a document. */
    static Page page() {
        StringBuilder html = new StringBuilder(
                "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\">"
                        + "<meta name=\"viewport\" content=\"width=device-width\"><title>Why a command got no answer</title>"
                        + "<h1>Why a command got no answer</h1><p>The header <code>Signalbox-Rpc-Outcome</code>, and with"
                        + " <code>Accept: application/problem+json</code> the member <code>code</code>, say one of these.</p><dl>");
        for (RpcProblem problem : values()) {
            html.append("<dt id=\"%s\"><code>%s</code> %s</dt><dd>%s</dd>"
                    .formatted(problem.code, problem.code, problem.title, problem.next));
        }
        return new Page(
                200, "text/html;charset=UTF-8", html.append("</dl></html>").toString());
    }
}
