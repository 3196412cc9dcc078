package io.signalbox.store.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How SQLite goes about the queries of commands. */
class RpcPlansIT {
    @TempDir
    Path folder;

    @Test
    void queriesFindTheirIndices() {
        try (Fixture core = new Fixture(folder);
                Sql sql = core.sql()) {
            assertThat(plan(sql, RpcTable.COUNT_OPEN)).contains("COVERING INDEX rpc_open_");
            assertThat(plan(
                            sql,
                            "SELECT number FROM rpc WHERE is_open AND expiration_time < 5 ORDER BY expiration_time"))
                    .contains("COVERING INDEX rpc_open_")
                    .doesNotContain("TEMP B-TREE");
            assertThat(plan(sql, SqlRpcStore.OPEN.replace("?", "1"))).contains("COVERING INDEX rpc_open_of_device");
            assertThat(plan(sql, "SELECT number FROM rpc WHERE device = 1 AND is_open ORDER BY number"))
                    .contains("COVERING INDEX rpc_open_of_device");
            assertThat(plan(sql, "SELECT 1 FROM rpc r WHERE r.device = 1 AND r.is_open LIMIT 5"))
                    .contains("COVERING INDEX rpc_open_of_device");
            assertThat(plan(
                            sql,
                            "SELECT number FROM rpc WHERE device = 1 AND lane = 'l' AND is_open AND lane IS NOT"
                                    + " NULL ORDER BY number"))
                    .contains("rpc_open_of_lane");
            assertThat(plan(
                            sql,
                            "SELECT * FROM rpc r WHERE r.device = 1 AND r.request_id = 2 AND NOT r.is_open AND"
                                    + " r.request_id > 0 ORDER BY r.number DESC LIMIT 1"))
                    .contains("rpc_ended_by_request")
                    .doesNotContain("TEMP B-TREE");
            assertThat(plan(
                            sql,
                            "SELECT * FROM rpc r WHERE 0 = 0 AND r.tenant = 1 AND r.number >= 1 AND r.number < 9"
                                    + " ORDER BY r.number DESC"))
                    .contains("rpc_of_tenant");
            assertThat(plan(
                            sql,
                            "SELECT * FROM rpc r WHERE r.device = 1 AND +r.tenant = 1 AND r.number >= 1 AND"
                                    + " r.number < 9 ORDER BY r.number DESC"))
                    .contains("INDEX rpc_of_device");
            assertThat(plan(
                            sql,
                            "SELECT number FROM rpc WHERE deleted_time IS NOT NULL AND deleted_time < 5 ORDER BY"
                                    + " deleted_time"))
                    .contains("rpc_tombstones");
        }
    }

    private static String plan(Sql sql, String query) {
        return String.join("\n", sql.list("EXPLAIN QUERY PLAN " + query, row -> row.text("detail")));
    }
}
