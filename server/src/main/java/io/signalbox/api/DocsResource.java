package io.signalbox.api;

import static io.signalbox.api.Route.ANYBODY;
import static io.vertx.core.http.HttpMethod.GET;

import io.vertx.core.buffer.Buffer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.zip.GZIPOutputStream;

/**
 * The OpenAPI document, and the page that shows it (REST API §15). Each is made when somebody first asks for it, and kept:
 * who never asks pays nothing.
 */
final class DocsResource {
    private static final String SWAGGER_UI = "/META-INF/resources/webjars/swagger-ui/";
    private static final String OURS = "/swagger-ui/";
    private static final String SCRIPT = "text/javascript;charset=UTF-8";

    /** Everything comes from this server; nothing on the page may run that does not stand in a file of its own. */
    private static final String POLICY =
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
                    + " base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private final Routes all;
    private final String version;
    private final Map<String, Response> kept = new ConcurrentHashMap<>();

    /** @param all asked when all are there */
    DocsResource(Routes all, String version) {
        this.all = all;
        this.version = version;
    }

    /** Pages outside the API, which it does not describe. */
    void routes(RouteTable table) {
        table.raw(GET, "/v3/api-docs", ANYBODY, this::document);
        table.raw(
                GET,
                "/v3/api-docs/thingsboard",
                ANYBODY,
                this::document); // the group that generators of clients ask for
        table.raw(GET, "/swagger-ui/", ANYBODY, this::page);
        table.raw(GET, "/swagger-ui/index.html", ANYBODY, this::page);
        table.raw(GET, "/swagger-ui/start.js", ANYBODY, this::start);
        table.raw(GET, "/swagger-ui/swagger-ui-bundle.js", ANYBODY, this::script);
        table.raw(GET, "/swagger-ui/swagger-ui.css", ANYBODY, this::style);
        table.raw(GET, "/swagger-ui", ANYBODY, DocsResource::toPage);
        table.raw(GET, "/swagger-ui.html", ANYBODY, DocsResource::toPage);
    }

    Response document(Exchange exchange) {
        return kept.computeIfAbsent(
                "api-docs", _ -> kept("application/json", new OpenApi(all).json(version), Map.of()));
    }

    Response page(Exchange exchange) {
        return kept.computeIfAbsent(
                "index.html",
                name -> kept("text/html;charset=UTF-8", read(OURS + name), Map.of("Content-Security-Policy", POLICY)));
    }

    Response start(Exchange exchange) {
        return kept.computeIfAbsent("start.js", name -> kept(SCRIPT, read(OURS + name), Map.of()));
    }

    Response script(Exchange exchange) {
        return viewer("swagger-ui-bundle.js", SCRIPT);
    }

    Response style(Exchange exchange) {
        return viewer("swagger-ui.css", "text/css;charset=UTF-8");
    }

    static Response toPage(Exchange exchange) {
        return Response.seeOther("/swagger-ui/");
    }

    /** Files that only browsers ask for, and all browsers unpack. */
    private Response viewer(String file, String contentType) {
        return kept.computeIfAbsent(file, name -> {
            String libraryVersion = new String(read(OURS + "version"), StandardCharsets.UTF_8).strip();
            byte[] content = read(SWAGGER_UI + libraryVersion + "/" + name);
            return kept(contentType, packed(content), Map.of("Content-Encoding", "gzip"));
        });
    }

    /** Browsers ask each time whether it is still the same. */
    private static Response kept(String contentType, byte[] body, Map<String, String> headers) {
        Map<String, String> all = new LinkedHashMap<>(headers);
        all.put("Cache-Control", "no-cache");
        all.put("ETag", '"' + digest(body) + '"');
        return new Response(200, contentType, Buffer.buffer(body), Map.copyOf(all));
    }

    private static String digest(byte[] body) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body), 0, 16);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has it", e);
        }
    }

    private static byte[] packed(byte[] content) {
        ByteArrayOutputStream packed = new ByteArrayOutputStream(content.length / 3);
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
            gzip.write(content);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }

    private static byte[] read(String resource) {
        try (InputStream in = DocsResource.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("not in the jar: " + resource);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
