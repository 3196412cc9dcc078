package io.signalbox.testing;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicReference;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Stands between a client of PostgreSQL and the server on the loopback, and cuts a connection at a commit. */
public final class CutCommits implements AutoCloseable {
    /** On which side of the server's work the connection ends. */
    public enum Cut {
        BEFORE_THE_SERVER_HEARS,
        BEFORE_THE_CLIENT_HEARS
    }

    /** The name under which the driver goes on to use a statement. */
    private static final Pattern PREPARING = Pattern.compile("(S_\\d+)\0COMMIT\0");

    private final ServerSocket listener;
    private final int serverPort;
    private final AtomicReference<Cut> next = new AtomicReference<>();

    public CutCommits(int serverPort) {
        this.serverPort = serverPort;
        try {
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofVirtual().start(this::accept);
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** Cuts the connection whose client commits next. */
    public void cutNext(Cut how) {
        next.set(how);
    }

    /** Whether {@link #cutNext} has happened. */
    public boolean hasCut() {
        return next.get() == null;
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                Socket server = new Socket(InetAddress.getLoopbackAddress(), serverPort);
                Thread.ofVirtual().start(() -> fromClient(client, server));
                Thread.ofVirtual().start(() -> pump(server, client));
            } catch (IOException e) {
                // closed
            }
        }
    }

    private void fromClient(Socket client, Socket server) {
        byte[] packet = new byte[1 << 16];
        String prepared = "COMMIT";
        try (client;
                server) {
            InputStream in = client.getInputStream();
            OutputStream out = server.getOutputStream();
            for (int length = in.read(packet); length >= 0; length = in.read(packet)) {
                String said = new String(packet, 0, length, ISO_8859_1);
                Matcher preparing = PREPARING.matcher(said);
                if (preparing.find()) {
                    prepared = "\0" + preparing.group(1) + "\0";
                }
                boolean isCommit = said.contains("COMMIT") || said.contains(prepared);
                Cut cut = isCommit ? next.getAndSet(null) : null;
                if (cut == Cut.BEFORE_THE_SERVER_HEARS) {
                    return;
                }
                if (cut == Cut.BEFORE_THE_CLIENT_HEARS) {
                    client.shutdownOutput(); // what the server says goes nowhere
                }
                out.write(packet, 0, length);
            }
        } catch (IOException e) {
            // the other side is gone
        }
    }

    private static void pump(Socket from, Socket to) {
        try (from;
                to) {
            from.getInputStream().transferTo(to.getOutputStream());
        } catch (IOException e) {
            // one side is gone
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
