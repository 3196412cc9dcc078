package io.signalbox.store.sql;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.signalbox.audit.AuditCaller;
import io.signalbox.audit.AuditEntries;
import io.signalbox.audit.AuditEntry;
import io.signalbox.audit.RpcCall;
import io.signalbox.rpc.HistoryEntry;
import io.signalbox.rpc.RpcOrder;
import io.signalbox.rpc.RpcProgress;
import io.signalbox.rpc.RpcStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What commands leave behind besides their rows: the audit log's entries, in the very commit by which a command was accepted
 * or ended, all of a commit packed together, with those of other changes; and behind the commit word to whoever watches.
 *
 * <p>Entries are made on any thread; the rest is for work of the writer, and undone with it.
 */
final class RpcTrail implements CoreWriter.Companion {
    private static final Logger log = LoggerFactory.getLogger(RpcTrail.class);

    private static final byte[] NOTHING = {};

    private final CoreWriter writer;
    private final AuditEntries audit;
    private final SqlRpcSettings settings;
    private final List<AuditEntry> entries = new ArrayList<>();
    private final List<Runnable> news = new ArrayList<>();
    private volatile RpcStore.Watcher watcher = RpcStore.Watcher.NOBODY;

    /** @param settings what is masked for single devices */
    RpcTrail(CoreWriter writer, AuditEntries audit, SqlRpcSettings settings) {
        this.writer = writer;
        this.audit = audit;
        this.settings = settings;
        writer.accompany(this);
    }

    /** Gives the entry, or makes it where the writer has to look what is masked. */
    interface Draft {
        AuditEntry entry(Sql sql);
    }

    /** An end that was not written yet. */
    record Ending(RpcOrder order, RpcProgress progress, Optional<Draft> draft) {}

    void watch(RpcStore.Watcher by) {
        watcher = by;
    }

    /** The entry of an acceptance, if one is kept. */
    Optional<Draft> acceptance(RpcOrder order) {
        return audit.wants(false)
                ? Optional.of(draft(order, order.createdTime(), order.params(), "accepted", NOTHING, ""))
                : Optional.empty();
    }

    /** @param progress final */
    Ending ending(RpcOrder order, RpcProgress progress) {
        String failure = failure(progress);
        if (!audit.wants(!failure.isEmpty())) {
            return new Ending(order, progress, Optional.empty());
        }
        byte[] response = progress.response().map(text -> text.getBytes(UTF_8)).orElse(NOTHING);
        String outcome = progress.status().name().toLowerCase(Locale.ROOT);
        long time = progress.history().getLast().ts();
        return new Ending(order, progress, Optional.of(draft(order, time, NOTHING, outcome, response, failure)));
    }

    private Draft draft(RpcOrder order, long time, byte[] params, String outcome, byte[] response, String failure) {
        RpcOrder.Origin origin = order.origin();
        AuditCaller caller =
                new AuditCaller(order.caller(), order.callerName(), Optional.of(order.tenant()), origin.customer());
        Optional<String> deviceName = Optional.of(origin.deviceName()).filter(name -> !name.isEmpty());
        RpcCall call = new RpcCall(
                time,
                caller,
                origin::address,
                order.deviceId(),
                deviceName,
                order.oneWay(),
                order.method(),
                params,
                outcome,
                response,
                failure,
                Optional.of(order.id()));
        if (settings.hasMasks()) {
            return sql -> audit.entry(call, SqlRpcSettings.mask(sql, call.device()));
        }
        AuditEntry made = audit.entry(call);
        return _ -> made;
    }

    /** Why the command did not reach its aim; empty: it did. */
    private static String failure(RpcProgress progress) {
        HistoryEntry last = progress.history().getLast();
        return switch (progress.status()) {
            case SUCCESSFUL, DELIVERED -> "";
            case QUEUED, SENT, TIMEOUT -> throw new IllegalArgumentException("no end: " + progress.status());
            case EXPIRED -> progress.attempt() > 0 ? "RPC Error: TIMEOUT" : "RPC Error: NO_ACTIVE_CONNECTION";
            case FAILED ->
                switch (last.cause()) {
                    case ANSWER_OVERDUE, RETRIES_EXHAUSTED -> "RPC Error: TIMEOUT";
                    case DEVICE_DELETED -> "The device was deleted";
                    default -> "The transport refused it";
                };
            case CANCELLED -> "Cancelled by " + last.detail();
            case SUPERSEDED -> "Superseded: " + last.detail();
            case DELETED -> "Deleted by " + last.detail();
        };
    }

    void accepted(Sql sql, Draft draft) {
        add(entries, draft.entry(sql));
    }

    void ended(Sql sql, Ending ending) {
        ending.draft().ifPresent(draft -> add(entries, draft.entry(sql)));
        add(news, () -> watcher.ended(ending.order(), ending.progress()));
    }

    void late(RpcOrder order, boolean isDuplicate) {
        add(news, () -> watcher.late(order, isDuplicate));
    }

    private <T> void add(List<T> list, T what) {
        list.add(what);
        writer.ifUndone(list::removeLast);
    }

    @Override
    public void note(AuditEntry entry) {
        add(entries, entry);
    }

    @Override
    public void beforeCommit(Sql sql) {
        if (!entries.isEmpty()) {
            SqlAuditStore.insert(sql, entries);
        }
    }

    @Override
    public void committed() {
        entries.clear();
        for (Runnable each : news) {
            try {
                each.run();
            } catch (RuntimeException e) {
                log.error("a watcher of commands failed", e);
            }
        }
        news.clear();
    }
}
