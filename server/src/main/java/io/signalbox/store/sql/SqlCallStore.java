package io.signalbox.store.sql;

import io.signalbox.ops.ErrorCode;
import io.signalbox.rpc.CallStore;
import io.signalbox.rpc.KeyedCall;
import io.signalbox.rpc.Outcome;
import io.signalbox.session.Loop;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;

/** What became of lightweight commands with idempotency keys, in core.db. */
public final class SqlCallStore implements CallStore {
    private static final int BYTES_EACH = 600;
    private static final byte[] EMPTY = {};

    private final CoreWriter writer;
    private final RpcKeys keys;

    SqlCallStore(CoreWriter writer, RpcKeys keys) {
        this.writer = writer;
        this.keys = keys;
    }

    @Override
    public boolean claim(KeyedCall call, Loop loop, Consumer<Claim> done) {
        return writer.offer(
                call.tenant(),
                BYTES_EACH,
                new CoreWriter.Post<>(
                        false, sql -> claim(sql, call), loop, done, code -> done.accept(new Claim.Failed(code))));
    }

    private Claim claim(Sql sql, KeyedCall call) {
        Optional<Long> tenant = Tenants.number(sql, call.tenant());
        if (tenant.isEmpty()) {
            return new Claim.Failed(ErrorCode.NOT_FOUND);
        }
        Optional<RpcKeys.Known> known = keys.find(sql, tenant.get(), call.key(), call.createdTime());
        if (known.isPresent()) {
            return claimed(sql, tenant.get(), call, known.get());
        }
        keys.remember(
                sql,
                tenant.get(),
                call.key(),
                call.fingerprint(),
                call.id(),
                call.createdTime(),
                Optional.of(CallOutcome.BEGUN));
        return new Claim.Claimed();
    }

    private static Claim claimed(Sql sql, long tenant, KeyedCall call, RpcKeys.Known known) {
        if (known.outcome().isEmpty() || !Arrays.equals(known.fingerprint(), call.fingerprint())) {
            return new Claim.Taken(known.id());
        }
        long code = known.outcome().get();
        if (code == CallOutcome.BEGUN) {
            return new Claim.Begun(known.id());
        }
        byte[] answer = code == CallOutcome.ANSWERED
                ? sql.first(
                                "SELECT answer FROM rpc_key_answer WHERE tenant = ? AND key = ?",
                                row -> row.bytes("answer"),
                                tenant,
                                call.key())
                        .orElse(EMPTY)
                : EMPTY;
        return new Claim.Ended(known.id(), CallOutcome.outcome(code, answer));
    }

    @Override
    public void remember(KeyedCall call, Outcome outcome, Loop loop, Runnable done) {
        long code = CallOutcome.code(outcome);
        byte[] answer =
                code == CallOutcome.ANSWERED && outcome instanceof Outcome.Answered(byte[] payload) ? payload : EMPTY;
        force(call, BYTES_EACH + answer.length, sql -> remember(sql, call, code, answer), loop, done);
    }

    /** No effect when the key was forgotten since, or stands for another command. */
    private static boolean remember(Sql sql, KeyedCall call, long code, byte[] answer) {
        Optional<Long> tenant = Tenants.number(sql, call.tenant());
        if (tenant.isEmpty()
                || sql.update(
                                "UPDATE rpc_key SET outcome = ? WHERE tenant = ? AND key = ? AND rpc_id = ?",
                                code,
                                tenant.get(),
                                call.key(),
                                call.id())
                        == 0) {
            return false;
        }
        if (answer.length > 0) {
            sql.update(
                    "INSERT INTO rpc_key_answer (tenant, key, answer) VALUES (?, ?, ?)",
                    tenant.get(),
                    call.key(),
                    answer);
        }
        return true;
    }

    @Override
    public void release(KeyedCall call, Loop loop, Runnable done) {
        force(
                call,
                BYTES_EACH,
                sql -> {
                    Tenants.number(sql, call.tenant())
                            .ifPresent(tenant -> keys.release(sql, tenant, call.key(), call.id()));
                    return true;
                },
                loop,
                done);
    }

    private void force(KeyedCall call, long bytes, Function<Sql, Boolean> work, Loop loop, Runnable done) {
        writer.force(call.tenant(), bytes, new CoreWriter.Post<>(false, work, loop, _ -> done.run(), _ -> done.run()));
    }
}
