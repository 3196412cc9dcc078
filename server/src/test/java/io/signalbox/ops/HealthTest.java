package io.signalbox.ops;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.ops.Health.State;
import java.time.Instant;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;

class HealthTest {
    private final Health health = new Health(InstantSource.fixed(Instant.parse("2026-01-02T03:04:05.678Z")));

    @Test
    void aServerWithoutPartsLivesAndIsNotReady() {
        assertThat(health.live()).isEqualTo(new Health.Report(200, "live\n"));
        assertThat(health.ready()).isEqualTo(new Health.Report(503, "not ready\n"));
    }

    @Test
    void readyMeansThatEveryPartAccepts() {
        health.set("mqtt", State.STARTING);
        health.set("http", State.ACCEPTING);
        assertThat(health.ready()).isEqualTo(new Health.Report(503, "http ACCEPTING\nmqtt STARTING\nnot ready\n"));
        health.set("mqtt", State.ACCEPTING);
        assertThat(health.ready()).isEqualTo(new Health.Report(200, "http ACCEPTING\nmqtt ACCEPTING\nready\n"));
        health.set("http", State.DOWN);
        assertThat(health.ready().httpStatus()).isEqualTo(503);
    }

    @Test
    void aPartThatIsDownMaySayWhyAndSinceWhen() {
        health.set("core", State.DOWN, "disk full");
        assertThat(health.ready())
                .isEqualTo(new Health.Report(503, "core DOWN: disk full since 2026-01-02T03:04:05Z\nnot ready\n"));
        health.set("core", State.ACCEPTING);
        assertThat(health.ready()).isEqualTo(new Health.Report(200, "core ACCEPTING\nready\n"));
    }
}
