package io.signalbox;

import io.signalbox.config.Config;
import io.signalbox.store.sql.CoreStore;
import io.signalbox.store.sql.FileCopy;
import io.signalbox.store.sql.SqlFailure;
import io.signalbox.store.sql.points.PointsStore;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Copies an installation that keeps its data in files, while its server runs or not, into a folder that a server can be
 * started with.
 */
final class Backup {
    /** Keys and marks are short; what is longer is none of them. */
    private static final long SMALL_BYTES_MAX = 1 << 20;

    private Backup() {}

    /** Why there is no backup; the message is for the operator. */
    static final class Failed extends Exception {
        private static final long serialVersionUID = 1;

        Failed(String message) {
            super(message);
        }
    }

    /**
     * Time series are copied before all else, so that nothing in the copy belongs to a device that it does not know. Blocks.
     *
     * @param into a folder that is missing or empty
     */
    static void run(Config config, Path into, PrintStream out) throws Failed {
        if (config.store().postgres().isPresent()) {
            throw new Failed("backup: the data is in "
                    + config.store().postgres().get() + "; use its own tools, for example pg_dump");
        }
        Path from = config.server().dataDir();
        long began = System.nanoTime();
        List<Path> made = new ArrayList<>();
        boolean isDone = false;
        try {
            if (Files.notExists(from.resolve(CoreStore.FILE))) {
                throw new Failed("backup: there is no data in " + from);
            }
            Files.createDirectories(into);
            if (!isEmpty(into)) {
                throw new Failed("backup: " + into + " is not empty");
            }
            for (String name : List.of(PointsStore.FILE, CoreStore.FILE)) {
                Path copy = into.resolve(name);
                made.add(copy);
                FileCopy.make(from.resolve(name), copy);
                out.println(name + ": " + Files.size(copy) + " bytes");
            }
            for (Path small : smallFiles(from)) {
                Path copy = into.resolve(small.getFileName());
                made.add(copy);
                Files.copy(small, copy);
            }
            if (into.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.setPosixFilePermissions(into, PosixFilePermissions.fromString("rwx------"));
            }
            isDone = true;
            out.println("backup in " + into + " after "
                    + Duration.ofNanos(System.nanoTime() - began).toMillis() + " ms; a server with data-dir: " + into
                    + " goes on with it");
        } catch (IOException e) {
            throw new Failed("backup: " + e);
        } catch (SqlFailure e) {
            throw new Failed("backup: " + e.getMessage());
        } finally {
            if (!isDone) {
                remove(made);
            }
        }
    }

    private static boolean isEmpty(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.findAny().isEmpty();
        }
    }

    /** All but the databases, what SQLite keeps beside them, and the mark of the running process. */
    private static List<Path> smallFiles(Path folder) throws IOException {
        List<Path> small = new ArrayList<>();
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                String name = file.getFileName().toString();
                if (!name.contains(".db") && !name.equals(DataFolder.LOCK) && Files.size(file) <= SMALL_BYTES_MAX) {
                    small.add(file);
                }
            }
        }
        return small;
    }

    private static void remove(List<Path> files) {
        for (Path file : files) {
            try {
                Files.deleteIfExists(file);
            } catch (IOException _) {
                // half a copy stays, and the next try says that the folder is not empty
            }
        }
    }
}
