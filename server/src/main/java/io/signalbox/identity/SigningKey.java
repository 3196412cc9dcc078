package io.signalbox.identity;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Set;

/**
 * The secret that signs tokens. It is random, made at the first start, and only its owner can read the file: there is no
 * default that two servers could share.
 */
public final class SigningKey {
    /** HS512 wants a key at least as long as its digest (RFC 7518 §3.2). */
    public static final int BYTES = 64;

    static final int BYTES_MAX = 512;

    private static final String FILE = "jwt.key";
    private static final Set<PosixFilePermission> OWNER_ONLY =
            Set.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);

    private final byte[] secret;

    SigningKey(byte[] secret) {
        if (secret.length < BYTES) {
            throw new IllegalArgumentException("signing key must have " + BYTES + " bytes or more: " + secret.length);
        }
        this.secret = secret.clone();
    }

    /**
     * Reads the key of this data folder; makes it, durably, when there is none. Blocks; one process at a time.
     *
     * @throws UncheckedIOException the folder cannot be read or written
     * @throws IllegalArgumentException the file is there and too short to be a key
     */
    public static SigningKey loadOrCreate(Path folder) {
        Path file = folder.resolve(FILE);
        try {
            return new SigningKey(read(file));
        } catch (IOException e) {
            throw new UncheckedIOException("signing key " + file, e);
        }
    }

    private static byte[] read(Path file) throws IOException {
        try {
            byte[] secret = Files.readAllBytes(file);
            if (isPosix()) {
                Files.setPosixFilePermissions(file, OWNER_ONLY);
            }
            return secret;
        } catch (NoSuchFileException e) {
            return create(file);
        }
    }

    /** Written beside its place and renamed: after a crash the file is whole or absent. */
    private static byte[] create(Path file) throws IOException {
        byte[] secret = new byte[BYTES];
        new SecureRandom().nextBytes(secret);
        Path draft = file.resolveSibling(FILE + ".new");
        Files.deleteIfExists(draft);
        FileAttribute<?>[] attributes = isPosix()
                ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(OWNER_ONLY)}
                : new FileAttribute<?>[0];
        try (FileChannel channel =
                FileChannel.open(draft, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE), attributes)) {
            ByteBuffer left = ByteBuffer.wrap(secret);
            while (left.hasRemaining()) {
                channel.write(left);
            }
            channel.force(true);
        }
        Files.move(draft, file, StandardCopyOption.ATOMIC_MOVE);
        return secret;
    }

    private static boolean isPosix() {
        return FileSystems.getDefault().supportedFileAttributeViews().contains("posix");
    }

    byte[] secret() {
        return secret.clone();
    }
}
