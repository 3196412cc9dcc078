package io.signalbox.audit;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.config.AuditRpc;
import io.signalbox.device.DeviceId;
import io.signalbox.device.UserId;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class AuditEntriesTest {
    private static final String ENTITY = "{\"entityId\":\"00000000-0000-0003-0000-000000000003\",\"oneWay\":false,";

    private final AuditEntries entries = new AuditEntries(AuditRpc.ALL, Set.of("pin"), 20);

    private static RpcCall call(String method, String params, String outcome, String response, Optional<UUID> rpcId) {
        return new RpcCall(
                1,
                new AuditCaller(new UserId(new UUID(1, 1)), "a@example.org", Optional.empty(), Optional.empty()),
                () -> "192.0.2.1",
                new DeviceId(new UUID(3, 3)),
                Optional.of("D"),
                false,
                method,
                params.getBytes(StandardCharsets.UTF_8),
                outcome,
                response.getBytes(StandardCharsets.UTF_8),
                "",
                rpcId);
    }

    @Test
    void entryHidesAndCuts() {
        AuditEntry entry = entries.entry(call(
                "set\"Pin\"",
                "{\"pin\":1234}",
                "answered",
                "{\"pin\":1,\"long\":\"" + "é".repeat(99) + "\"}",
                Optional.empty()));
        assertThat(entry.actionData())
                .isEqualTo(ENTITY
                        + "\"method\":\"set\\\"Pin\\\"\",\"params\":\"{\\\"pin\\\":\\\"***\\\"}\",\"outcome\":\"answered\","
                        + "\"response\":\"{\\\"pin\\\":\\\"***\\\",\\\"long\\\"…\"}");
        assertThat(entry.isSuccess()).isTrue();
        assertThat(entry.address()).isEqualTo("192.0.2.1");
    }

    @Test
    void endOfAPersistentCommandNamesItAndNotItsParamsAgain() {
        AuditEntry entry = entries.entry(call("m", "", "expired", "", Optional.of(new UUID(5, 5))));
        assertThat(entry.actionData())
                .isEqualTo(
                        ENTITY
                                + "\"method\":\"m\",\"rpcId\":\"00000000-0000-0005-0000-000000000005\",\"outcome\":\"expired\"}");
    }
}
