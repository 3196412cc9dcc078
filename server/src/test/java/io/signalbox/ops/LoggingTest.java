package io.signalbox.ops;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

class LoggingTest {
    @Test
    void logbackFindsIt() {
        var root = (ch.qos.logback.classic.Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
        assertThat(root.getAppender("console")).isInstanceOf(ConsoleAppender.class);
        assertThat(LoggerFactory.getLogger("io.netty.channel").isInfoEnabled()).isFalse();
    }

    @Test
    void anEventIsOneLine() {
        LoggerContext context = new LoggerContext();
        new Logging().configure(context);
        var root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        var console = (ConsoleAppender<ILoggingEvent>) root.getAppender("console");
        LoggingEvent event = new LoggingEvent(
                "",
                context.getLogger("io.signalbox.rpc.Rpc"),
                Level.WARN,
                "rpc not delivered rpc={}",
                null,
                new Object[] {7});
        event.setThreadName("loop-1");
        String line = new String(console.getEncoder().encode(event), UTF_8);
        assertThat(line).matches("\\d\\d:\\d\\d:\\d\\d\\.\\d{3} WARN loop-1 Rpc - rpc not delivered rpc=7\\R");
        context.stop();
    }
}
