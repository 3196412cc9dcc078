package io.signalbox.store.sql;

import io.signalbox.rpc.RequestIds;
import java.util.concurrent.CompletionStage;

/** Request ids in blocks, from the row that says where a device's next block begins. */
public final class SqlRequestIds implements RequestIds {
    private final CoreWriter writer;

    SqlRequestIds(CoreWriter writer) {
        this.writer = writer;
    }

    @Override
    public CompletionStage<Integer> reserve(long device) {
        return writer.writeLater(sql -> {
            Devices.require(sql, device);
            int first = sql.first(
                            "SELECT next_id FROM rpc_id_next WHERE device = ?",
                            row -> (int) row.number("next_id"),
                            device)
                    .orElse(1);
            sql.update(
                    "INSERT INTO rpc_id_next (device, next_id) VALUES (?, ?)"
                            + " ON CONFLICT (device) DO UPDATE SET next_id = excluded.next_id",
                    device,
                    behind(first));
            return first;
        });
    }

    /** The next block's first id; a block that would not end within 31 bits is left out, and the ids start over. */
    private static int behind(int first) {
        return first > Integer.MAX_VALUE - 2 * BLOCK + 1 ? 1 : first + BLOCK;
    }
}
