package io.signalbox.store.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is true of core.db only. */
class CoreFileIT {
    @TempDir
    Path folder;

    @Test
    void folderIsMadeAndTheFilesAreItsOwners() throws Exception {
        Path data = folder.resolve("some/data");
        try (Fixture core = new Fixture(data)) {
            core.tenant("A");
            try (var files = Files.list(data)) {
                assertThat(files.toList())
                        .contains(data.resolve(CoreStore.FILE))
                        .allSatisfy(
                                file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                                        .isEqualTo("rw-------"));
            }
        }
    }
}
