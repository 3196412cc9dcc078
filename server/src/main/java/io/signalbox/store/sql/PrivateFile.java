package io.signalbox.store.sql;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** Files of the store are their owner's alone: they hold tokens, hashes and what devices measure. The files beside them follow. */
public final class PrivateFile {
    private PrivateFile() {}

    /** Makes the file, and its folder, if they are missing. Blocks. */
    public static void make(Path file) {
        try {
            Files.createDirectories(file.toAbsolutePath().getParent());
            if (file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.createFile(
                        file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            }
        } catch (FileAlreadyExistsException e) {
            // made by an earlier start
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
