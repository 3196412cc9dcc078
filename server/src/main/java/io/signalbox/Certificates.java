package io.signalbox;

import io.signalbox.config.Config;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.KeyCertOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PfxOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificate of the HTTPS port and its key, from files that may be replaced while the server runs: a thread looks at
 * them every few seconds. Connections that are open go on with what they began with.
 */
final class Certificates implements AutoCloseable {
    private static final Duration LOOK = Duration.ofSeconds(5);
    private static final Logger log = LoggerFactory.getLogger(Certificates.class);

    private final Config.Https files;
    private volatile boolean isClosed;
    private List<String> seen;

    Certificates(Config.Https files) {
        this.files = files;
        this.seen = look();
    }

    /** Reads the files: PEM with a chain and a key, or PKCS#12, by the name. Blocks. */
    KeyCertOptions read() throws IOException {
        Buffer certificate = bytes(files.certificate().orElseThrow());
        String name = files.certificate().get().toString().toLowerCase(Locale.ROOT);
        if (name.endsWith(".p12") || name.endsWith(".pfx")) {
            return new PfxOptions().setValue(certificate).setPassword(files.password());
        }
        Buffer key = files.key().isPresent() ? bytes(files.key().get()) : certificate;
        return new PemKeyCertOptions().addCertValue(certificate).addKeyValue(key);
    }

    private static Buffer bytes(Path file) throws IOException {
        return Buffer.buffer(Files.readAllBytes(file));
    }

    /** Calls {@code changed}, on a thread of its own, whenever the files did. */
    void watch(Consumer<KeyCertOptions> changed) {
        Thread.ofPlatform().daemon().name("certificates").start(() -> {
            while (!isClosed) {
                LockSupport.parkNanos(LOOK.toNanos());
                reload(changed);
            }
        });
    }

    /** A file that is being replaced is looked at again, until it can be read. */
    private void reload(Consumer<KeyCertOptions> changed) {
        List<String> now = look();
        if (now.equals(seen)) {
            return;
        }
        try {
            changed.accept(read());
            seen = now;
        } catch (IOException | RuntimeException e) {
            log.warn(
                    "certificate not replaced file={} why=\"{}\"",
                    files.certificate().orElseThrow(),
                    e.getMessage());
        }
    }

    /** What shows that a file was replaced. */
    private List<String> look() {
        List<String> states = new ArrayList<>();
        for (Path file : files.files()) {
            try {
                states.add(Files.getLastModifiedTime(file) + " " + Files.size(file));
            } catch (IOException e) {
                states.add("missing");
            }
        }
        return states;
    }

    @Override
    public void close() {
        isClosed = true;
    }
}
