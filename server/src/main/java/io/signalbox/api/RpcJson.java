package io.signalbox.api;

import io.signalbox.rpc.HistoryEntry;
import io.signalbox.rpc.RetryPolicy;
import io.signalbox.rpc.RetryPolicy.Failure;
import io.signalbox.rpc.RpcOrder;
import io.signalbox.rpc.RpcProgress;
import io.signalbox.rpc.RpcRecord;
import io.signalbox.rpc.RpcStatus;
import java.nio.charset.StandardCharsets;
import java.util.UUID;
import tools.jackson.core.JsonGenerator;

/** Persistent commands in JSON. */
final class RpcJson {
    private RpcJson() {}

    /** The record as clients know it (server-side RPC §6.1). */
    static void writeRecord(JsonGenerator json, RpcRecord rpc) {
        json.writeStartObject();
        writeMembers(json, rpc);
        json.writeEndObject();
    }

    /** The same with {@code state}, which names also the states that {@code status} has no word for. */
    static void writeWithState(JsonGenerator json, RpcRecord rpc) {
        json.writeStartObject();
        writeMembers(json, rpc);
        json.writeStringProperty("state", rpc.progress().status().name());
        json.writeEndObject();
    }

    private static void writeMembers(JsonGenerator json, RpcRecord rpc) {
        RpcOrder order = rpc.order();
        RpcStatus status = rpc.progress().status();
        writeId(json, order.id());
        json.writeNumberProperty("createdTime", order.createdTime());
        writeTarget(json, order);
        json.writeNumberProperty("expirationTime", order.expirationTime());
        json.writeName("request");
        writeRequest(json, order);
        Json.writeRaw(json, "response", rpc.progress().response());
        json.writeStringProperty("status", status.compatible().orElse(status).name());
        Json.writeRaw(json, "additionalInfo", order.additionalInfo());
    }

    private static void writeRequest(JsonGenerator json, RpcOrder order) {
        json.writeStartObject();
        json.writeStringProperty("id", order.id().toString());
        writeTarget(json, order);
        json.writeBooleanProperty("oneway", order.oneWay());
        json.writeNumberProperty("expirationTime", order.expirationTime());
        json.writeObjectPropertyStart("body");
        json.writeStringProperty("method", order.method());
        if (order.params().length == 0) { // erased
            json.writeNullProperty("params");
        } else {
            json.writeStringProperty("params", new String(order.params(), StandardCharsets.UTF_8));
        }
        json.writeEndObject();
        json.writeBooleanProperty("persisted", true);
        if (order.retries().isPresent()) {
            json.writeNumberProperty("retries", order.retries().getAsInt());
        } else {
            json.writeNullProperty("retries");
        }
        if (!order.retryPolicy().equals(RetryPolicy.STANDARD)) {
            writeRetryPolicy(json, order.retryPolicy());
        }
        if (order.once()) {
            json.writeBooleanProperty("once", true);
        }
        json.writeEndObject();
    }

    private static void writeRetryPolicy(JsonGenerator json, RetryPolicy policy) {
        json.writeObjectPropertyStart("retryPolicy");
        json.writeObjectPropertyStart("backoff");
        json.writeNumberProperty("initial", policy.initialMillis());
        json.writeNumberProperty("factor", policy.factor());
        json.writeNumberProperty("max", policy.maxMillis());
        json.writeNumberProperty("jitter", policy.jitter());
        json.writeEndObject();
        json.writeArrayPropertyStart("retryOn");
        for (Failure failure : Failure.values()) { // in one order
            if (policy.retryOn().contains(failure)) {
                json.writeString(failure.word());
            }
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void writeId(JsonGenerator json, UUID id) {
        Json.writeId(json, "id", "RPC", id);
    }

    private static void writeTarget(JsonGenerator json, RpcOrder order) {
        Json.writeId(json, "tenantId", "TENANT", order.tenant().uuid());
        Json.writeId(json, "deviceId", "DEVICE", order.deviceId().uuid());
    }

    /** How the command came to its state. */
    static void writeHistory(JsonGenerator json, RpcRecord rpc) {
        RpcProgress progress = rpc.progress();
        json.writeStartObject();
        writeId(json, rpc.order().id());
        json.writeStringProperty("status", progress.status().name());
        json.writeBooleanProperty("open", progress.isOpen());
        if (progress.requestId() == 0) {
            json.writeNullProperty("requestId");
        } else {
            json.writeNumberProperty("requestId", progress.requestId());
        }
        json.writeNumberProperty("attempts", progress.attempt());
        json.writeArrayPropertyStart("history");
        progress.history().forEach(entry -> writeEntry(json, entry));
        json.writeEndArray();
        json.writeEndObject();
    }

    /** One line of the history, by itself. */
    static void writeTransition(JsonGenerator json, RpcOrder order, HistoryEntry entry) {
        json.writeStartObject();
        json.writeStringProperty("rpcId", order.id().toString());
        json.writeStringProperty("deviceId", order.deviceId().toString());
        writeEntryMembers(json, entry);
        json.writeBooleanProperty("open", !entry.status().isFinal(order.oneWay()));
        json.writeEndObject();
    }

    private static void writeEntry(JsonGenerator json, HistoryEntry entry) {
        json.writeStartObject();
        writeEntryMembers(json, entry);
        json.writeEndObject();
    }

    private static void writeEntryMembers(JsonGenerator json, HistoryEntry entry) {
        json.writeNumberProperty("ts", entry.ts());
        json.writeStringProperty("cause", name(entry.cause()));
        json.writeStringProperty("status", entry.status().name());
        json.writeNumberProperty("attempt", entry.attempt());
        json.writeNumberProperty("generation", entry.generation());
        if (!entry.detail().isEmpty()) {
            json.writeStringProperty("detail", entry.detail());
        }
    }

    /** A cause on the wire; {@code acknowledgedByGateway} is kept free for what a gateway says of a device behind it. */
    private static String name(HistoryEntry.Cause cause) {
        return switch (cause) {
            case ACCEPTED -> "accepted";
            case ATTEMPT -> "attempt";
            case WRITTEN -> "written";
            case ACKNOWLEDGED -> "acknowledged";
            case ACK_OVERDUE -> "ackOverdue";
            case REPLIED -> "replied";
            case REFUSED -> "refused";
            case ANSWER_OVERDUE -> "answerOverdue";
            case RETRIES_EXHAUSTED -> "retriesExhausted";
            case EXPIRED -> "expired";
            case CANCELLED -> "cancelled";
            case SUPERSEDED -> "superseded";
            case DELETED -> "deleted";
            case DEVICE_DELETED -> "deviceDeleted";
            case LATE_REPLY -> "lateReply";
            case DUPLICATE_REPLY -> "duplicateReply";
        };
    }
}
