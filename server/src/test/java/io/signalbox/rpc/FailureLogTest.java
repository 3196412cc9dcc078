package io.signalbox.rpc;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.signalbox.device.DeviceId;
import io.signalbox.device.TenantId;
import io.signalbox.device.UserId;
import io.signalbox.rpc.HistoryEntry.Cause;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class FailureLogTest {
    private static final RpcOrder ORDER = new RpcOrder(
            new UUID(5, 5),
            new TenantId(new UUID(1, 1)),
            7,
            new DeviceId(new UUID(2, 2)),
            1,
            2,
            false,
            "secretMethod",
            "{\"secret\":1}".getBytes(StandardCharsets.UTF_8),
            OptionalInt.empty(),
            Optional.empty(),
            RetryPolicy.STANDARD,
            false,
            Optional.empty(),
            Optional.empty(),
            false,
            Optional.empty(),
            new UserId(new UUID(3, 3)),
            "somebody",
            RpcOrder.Origin.UNKNOWN);
    private static final RpcProgress EXPIRED = new RpcProgress(
            RpcStatus.EXPIRED,
            false,
            9,
            2,
            1,
            Optional.of("{\"secret\":2}"),
            List.of(new HistoryEntry(2, Cause.EXPIRED, RpcStatus.EXPIRED, 2, 0, "")));

    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private final Logger logger = (Logger) LoggerFactory.getLogger(FailureLog.class);
    private long now = 1;
    private final FailureLog log = new FailureLog(() -> now);

    @BeforeEach
    void listen() {
        lines.start();
        logger.addAppender(lines);
    }

    @AfterEach
    void stopListening() {
        logger.detachAppender(lines);
    }

    private List<String> told() {
        return lines.list.stream().map(ILoggingEvent::getFormattedMessage).toList();
    }

    @Test
    void failureIsOneLineWithoutPayloads() {
        log.add(ORDER, EXPIRED);
        assertThat(told())
                .containsExactly("rpc failed rpc=00000000-0000-0005-0000-000000000005"
                        + " device=00000000-0000-0002-0000-000000000002 status=EXPIRED cause=EXPIRED attempts=2");
    }

    @Test
    void stormIsALineASecond() {
        for (int i = 0; i < 100_000; i++) {
            log.add(ORDER, EXPIRED);
        }
        log.tell();
        assertThat(told()).hasSize(FailureLog.LINES_MAX);
        now += Duration.ofSeconds(2).toNanos();
        log.tell();
        log.tell();
        assertThat(told()).hasSize(FailureLog.LINES_MAX + 1);
        assertThat(told().getLast()).isEqualTo("rpcs failed without a line each rpcs=99980 seconds=2");
        log.add(ORDER, EXPIRED);
        assertThat(told().getLast()).startsWith("rpc failed rpc=");
    }
}
