package io.signalbox.identity;

import at.favre.lib.crypto.bcrypt.BCrypt;
import io.signalbox.ops.ErrorCode;
import io.signalbox.ops.Rejected;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;

/**
 * Hashes and checks passwords with bcrypt, on a few threads of its own so that a storm of logins leaves the rest of the
 * server its cores.
 *
 * <p>Virtual or platform threads: calls block until their turn came. With too many waiting they fail with {@code
 * TOO_MANY_REQUESTS}.
 */
public final class Passwords implements AutoCloseable {
    static final int COST = 10;
    private static final int THREADS = 2;
    private static final int WAITING_MAX = 64;
    private static final Duration DEADLINE = Duration.ofSeconds(30);

    /** Compared with when there is no user or no hash, so that the answer takes as long. Nobody knows its password, and a match is no match. */
    static final String NOBODY = "$2a$10$pPFVHx2pZxQfNzHcvZtPF.kqnWmT0rUxG6FK6Y/YIfxU7/qERiqbW";

    private final ThreadPoolExecutor threads;
    private final LongAdder checks = new LongAdder();

    public Passwords() {
        this(THREADS, WAITING_MAX);
    }

    Passwords(int threadCount, int waitingMax) {
        threads = new ThreadPoolExecutor(
                threadCount,
                threadCount,
                30,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(waitingMax),
                Thread.ofPlatform().daemon().name("passwords-", 1).factory());
        threads.allowCoreThreadTimeOut(true);
    }

    /** The password follows the policy. @throws Rejected {@code TOO_MANY_REQUESTS} */
    public String hash(String password) {
        return await(hashing(password));
    }

    /** As {@link #hash}, but does not wait for the result. */
    Future<String> hashing(String password) {
        if (!PasswordPolicy.fits(password)) {
            throw new IllegalArgumentException("too long for bcrypt");
        }
        return submit(() -> new String(
                BCrypt.withDefaults().hash(COST, password.getBytes(StandardCharsets.UTF_8)),
                StandardCharsets.US_ASCII));
    }

    /**
     * Whether the password is the hashed one. Takes as long when there is no hash, or when the password is too long for any.
     *
     * @throws Rejected {@code TOO_MANY_REQUESTS}
     */
    public boolean matches(String password, Optional<String> hash) {
        boolean possible = hash.isPresent() && PasswordPolicy.fits(password);
        byte[] given = possible ? password.getBytes(StandardCharsets.UTF_8) : new byte[] {'x'};
        byte[] against = (possible ? hash.get() : NOBODY).getBytes(StandardCharsets.US_ASCII);
        checks.increment();
        boolean same = await(submit(() -> BCrypt.verifyer().verify(given, against).verified));
        return possible && same;
    }

    /** Passwords checked since the start, also for users that do not exist. */
    public long checks() {
        return checks.sum();
    }

    private <T> Future<T> submit(Callable<T> work) {
        try {
            return threads.submit(work);
        } catch (RejectedExecutionException e) {
            throw new Rejected(ErrorCode.TOO_MANY_REQUESTS, "Too many logins at once, please try again");
        }
    }

    static <T> T await(Future<T> result) {
        try {
            return result.get(DEADLINE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException e) {
            throw new IllegalStateException("bcrypt failed", e.getCause());
        } catch (TimeoutException e) {
            result.cancel(false);
            throw new Rejected(ErrorCode.TOO_MANY_REQUESTS, "Too many logins at once, please try again");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new Rejected(ErrorCode.STORE_UNAVAILABLE, "The server is shutting down");
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
