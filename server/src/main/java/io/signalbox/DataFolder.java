package io.signalbox;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The folder with everything that is kept; one process owns it at a time. */
final class DataFolder implements AutoCloseable {
    static final String LOCK = "lock";
    private static final String DEMO_MARK = "demo-data";
    private static final String INSTALLATION = "installation";
    private static final int OWNER_BYTES_MAX = 64;

    private final Path path;
    private final FileChannel lockFile;

    private DataFolder(Path path, FileChannel lockFile) {
        this.path = path;
        this.lockFile = lockFile;
    }

    /**
     * Makes the folder if it is missing, and takes it.
     *
     * @throws IOException another process has it, or it cannot be written; the message is for the operator
     */
    static DataFolder open(Path path) throws IOException {
        try {
            Files.createDirectories(path);
        } catch (IOException e) {
            throw new IOException("data-dir: " + path + " cannot be made: " + e, e);
        }
        Path file = path.resolve(LOCK);
        FileChannel channel;
        try {
            channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        } catch (IOException e) {
            throw new IOException("data-dir: " + path + " cannot be written: " + e, e);
        }
        if (lock(channel) == null) {
            String owner = read(channel);
            channel.close();
            throw new IOException("data-dir: " + path + " is in use by process " + owner);
        }
        channel.truncate(0);
        channel.write(
                ByteBuffer.wrap(Long.toString(ProcessHandle.current().pid()).getBytes(StandardCharsets.US_ASCII)));
        return new DataFolder(path, channel);
    }

    private static @Nullable FileLock lock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private static String read(FileChannel channel) throws IOException {
        ByteBuffer owner = ByteBuffer.allocate(OWNER_BYTES_MAX);
        channel.read(owner, 0);
        return new String(owner.array(), 0, owner.position(), StandardCharsets.US_ASCII);
    }

    Path path() {
        return path;
    }

    /** The same for all processes that open this folder, one after the other; made at the first call. */
    String installation() throws IOException {
        Path file = path.resolve(INSTALLATION);
        if (Files.notExists(file)) {
            Files.writeString(file, UUID.randomUUID().toString());
        }
        return Files.readString(file);
    }

    /** Whether well-known accounts are in this store. */
    boolean hasDemoData() {
        return Files.exists(path.resolve(DEMO_MARK));
    }

    /** To be called before the first of them is stored. */
    void markDemoData() throws IOException {
        if (!hasDemoData()) {
            Files.createFile(path.resolve(DEMO_MARK));
        }
    }

    @Override
    public void close() throws IOException {
        lockFile.close();
    }
}
