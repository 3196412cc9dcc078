package io.signalbox.mail;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A mail server that takes every mail, one connection at a time, unless it is told to refuse. */
public final class FakeSmtp implements AutoCloseable {
    private final ServerSocket listener;
    private final BlockingQueue<String> mails = new LinkedBlockingQueue<>();
    private volatile boolean refuses;

    public FakeSmtp() {
        try {
            listener = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        Thread.ofPlatform().daemon().name("fake-smtp").start(this::run);
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** From now on no recipient is known. */
    public void refuse() {
        refuses = true;
    }

    /** The next mail: envelope, headers and text. */
    public String next() throws InterruptedException {
        String mail = mails.poll(20, TimeUnit.SECONDS);
        if (mail == null) {
            throw new AssertionError("no mail came");
        }
        return mail;
    }

    private void run() {
        while (!listener.isClosed()) {
            try (Socket socket = listener.accept()) {
                serve(socket);
            } catch (IOException e) {
                // the client left, or the test is over
            }
        }
    }

    private void serve(Socket socket) throws IOException {
        BufferedReader in = new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        OutputStream out = socket.getOutputStream();
        StringBuilder mail = new StringBuilder();
        say(out, "220 fake");
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String verb = line.length() < 4 ? line : line.substring(0, 4);
            switch (verb) {
                case "RCPT" -> {
                    mail.append(line).append('\n');
                    say(out, refuses ? "550 nobody here" : "250 ok");
                }
                case "DATA" -> {
                    say(out, "354 go on");
                    for (String text = in.readLine(); text != null && !text.equals("."); text = in.readLine()) {
                        mail.append(text).append('\n');
                    }
                    mails.add(mail.toString());
                    say(out, "250 taken");
                }
                case "QUIT" -> {
                    say(out, "221 bye");
                    return;
                }
                default -> say(out, "250 ok");
            }
        }
    }

    private static void say(OutputStream out, String line) throws IOException {
        out.write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
        out.flush();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
