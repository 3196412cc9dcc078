package io.signalbox.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SigningKeyTest {
    @TempDir
    Path folder;

    @Test
    void isMadeOnceAndOnlyItsOwnerReadsIt() throws IOException {
        byte[] made = SigningKey.loadOrCreate(folder).secret();
        assertThat(made).hasSize(64);
        assertThat(SigningKey.loadOrCreate(folder).secret()).isEqualTo(made);
        Path file = folder.resolve("jwt.key");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
        try (var files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void isAnotherInEachFolder() throws IOException {
        Path other = Files.createDirectory(folder.resolve("other"));
        assertThat(SigningKey.loadOrCreate(other).secret())
                .isNotEqualTo(SigningKey.loadOrCreate(folder).secret());
    }

    @Test
    void thatWasOpenToOthersIsClosed() throws IOException {
        SigningKey.loadOrCreate(folder);
        Path file = folder.resolve("jwt.key");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        SigningKey.loadOrCreate(folder);
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                .isEqualTo("rw-------");
    }

    @Test
    void thatIsTooShortStopsTheStart() throws IOException {
        Files.write(folder.resolve("jwt.key"), new byte[63]);
        assertThatThrownBy(() -> SigningKey.loadOrCreate(folder)).isInstanceOf(IllegalArgumentException.class);
    }
}
