package io.signalbox.store.sql.points;

import static org.assertj.core.api.Assertions.assertThat;

import io.signalbox.payload.Value;
import java.nio.file.Path;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WriterConnectionIT {
    @TempDir
    Path folder;

    @Test
    void theLogStartsAnewUnlessAReaderHoldsIt() throws Exception {
        PointsFile file = new PointsFile(folder, true);
        try (WriterConnection writer = WriterConnection.open(file, 1_000);
                var reader = file.openReader();
                var statement = reader.createStatement()) {
            fill(writer, 0);
            statement.executeQuery("SELECT count(*) FROM point").close();
            writer.restartLog();
            long whileRead = file.logBytes();
            fill(writer, 1);
            assertThat(file.logBytes()).isGreaterThan(whileRead);
            reader.rollback();
            writer.restartLog();
            long restarted = file.logBytes();
            fill(writer, 2);
            assertThat(file.logBytes()).isEqualTo(restarted);
        }
    }

    private static void fill(WriterConnection writer, int series) throws SQLException {
        for (int ts = 0; ts < 5_000; ts++) {
            writer.put(series, ts, new Value.Text("some text"), 0, ts % 1_000 == 0);
        }
        writer.flush();
        writer.commit();
    }

    @Test
    void deletesPointsInSlices() throws Exception {
        try (WriterConnection writer = WriterConnection.open(new PointsFile(folder, true), 1_000)) {
            fill(writer, 3 * SeriesDictionary.SLOTS);
            fill(writer, 3 * SeriesDictionary.SLOTS + 255);
            fill(writer, 4 * SeriesDictionary.SLOTS);
            assertThat(writer.deletePoints(3, 7_000)).isEqualTo(7_000);
            assertThat(writer.deletePoints(3, 7_000)).isEqualTo(3_000);
            assertThat(writer.deletePoints(3, 7_000)).isZero();
            assertThat(writer.deletePoints(4, 5_000)).isEqualTo(5_000);
        }
    }
}
