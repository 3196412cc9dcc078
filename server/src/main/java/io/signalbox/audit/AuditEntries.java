package io.signalbox.audit;

import io.signalbox.config.AuditRpc;
import io.signalbox.payload.JsonBytes;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.UUID;

/** Makes entries of calls: cuts what is long, hides what is masked. Any thread; pure. */
public final class AuditEntries {
    private static final int UTF8_BYTES_PER_CHAR_MAX = 3;

    /** Of a change; what is longer is not shown. */
    private static final int DATA_CHARS_MAX = 20_000;

    private final AuditRpc rpc;
    private final Mask mask;
    private final int textCharsMax;
    private final int partBytesMax;

    /**
     * @param rpc          which calls are written down at all
     * @param mask         members of params and responses whose values nobody may read, whatever is set for a device
     * @param textCharsMax longest method, params and response; longer ones are cut
     */
    public AuditEntries(AuditRpc rpc, Set<String> mask, int textCharsMax) {
        this.rpc = rpc;
        this.mask = new Mask(mask);
        this.textCharsMax = textCharsMax;
        this.partBytesMax = UTF8_BYTES_PER_CHAR_MAX * (textCharsMax + 1);
    }

    /** Whether such a call is written down at all. */
    public boolean wants(boolean failure) {
        return switch (rpc) {
            case ALL -> true;
            case FAILURES -> failure;
            case OFF -> false;
        };
    }

    /**
     * What an entry shows of a change: without what is masked, and no more than which entity it was when it is very long.
     *
     * @param json text of an object
     */
    public String data(UUID entity, String json) {
        return json.length() > DATA_CHARS_MAX ? "{\"entityId\":\"" + entity + "\",\"isCut\":true}" : mask.hide(json);
    }

    /** The call, or what is left of it when none of its parts may be longer than entries can show. */
    RpcCall cut(RpcCall call) {
        return call.cut(partBytesMax);
    }

    /** The entry of a call to a device for which nothing more is masked. */
    public AuditEntry entry(RpcCall call) {
        return entry(call, mask);
    }

    /** @param more members that are masked as well, for this device */
    public AuditEntry entry(RpcCall call, List<String> more) {
        return entry(call, more.isEmpty() ? mask : mask.with(more));
    }

    private AuditEntry entry(RpcCall call, Mask hidden) {
        RpcCall kept = cut(call);
        return new AuditEntry(
                kept.createdTime(),
                kept.caller(),
                kept.address().get(),
                "DEVICE",
                kept.device().uuid(),
                kept.deviceName(),
                AuditAction.RPC_CALL,
                actionData(kept, hidden),
                !kept.isFailure(),
                kept.failure());
    }

    /** Server-side RPC §9, and how far the command came and what the device answered, which are our own. */
    private String actionData(RpcCall call, Mask hidden) {
        JsonBytes json = new JsonBytes(160 + call.method().length() + call.params().length + call.response().length)
                .raw("{\"entityId\":\"")
                .raw(call.device().toString())
                .raw(call.oneWay() ? "\",\"oneWay\":true,\"method\":" : "\",\"oneWay\":false,\"method\":")
                .string(cut(call.method()));
        if (call.params().length > 0) {
            json.raw(",\"params\":").string(text(call.params(), hidden));
        }
        call.rpcId()
                .ifPresent(id -> json.raw(",\"rpcId\":\"").raw(id.toString()).put('"'));
        json.raw(",\"outcome\":\"").raw(call.outcome()).put('"');
        if (call.response().length > 0) {
            json.raw(",\"response\":").string(text(call.response(), hidden));
        }
        return json.put('}').toString();
    }

    /** Without what is masked. It was cut before, at the latest when it is as long as a part may be: that shows, too. */
    private String text(byte[] json, Mask hidden) {
        String shown = hidden.hide(new String(json, StandardCharsets.UTF_8));
        return cut(json.length < partBytesMax ? shown : shown + "…");
    }

    private String cut(String text) {
        return text.length() <= textCharsMax ? text : text.substring(0, textCharsMax - 1) + "…";
    }
}
