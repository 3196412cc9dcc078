package io.signalbox.store.sql;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.zip.CRC32;

/** A CRC-32 over columns. One thread; one use. */
final class RowChecksum {
    private static final long NULL = -1;

    private final CRC32 crc = new CRC32();
    private final byte[] eight = new byte[Long.BYTES];
    private final ByteBuffer number = ByteBuffer.wrap(eight);

    RowChecksum add(long column) {
        number.putLong(0, column);
        crc.update(eight);
        return this;
    }

    RowChecksum add(boolean column) {
        return add(column ? 1 : 0);
    }

    RowChecksum add(double column) {
        return add(Double.doubleToLongBits(column));
    }

    RowChecksum add(byte[] column) {
        add(column.length);
        crc.update(column);
        return this;
    }

    RowChecksum add(String column) {
        return add(column.getBytes(UTF_8));
    }

    RowChecksum add(Optional<String> column) {
        return column.map(this::add).orElseGet(() -> add(NULL));
    }

    long value() {
        return crc.getValue();
    }
}
