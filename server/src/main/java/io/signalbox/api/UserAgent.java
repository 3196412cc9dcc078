package io.signalbox.api;

import io.signalbox.identity.Client;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What a request says about the program and machine that it comes from, in the words of the audit log (authentication §16). */
final class UserAgent {
    private static final int CHARS_MAX = 512;
    private static final String OTHER = "Other";

    /** Of the names that fit the first counts: browsers name others, too. */
    private static final List<Map.Entry<String, Pattern>> BROWSERS = List.of(
            browser("Edge", "Edg(?:e|A|iOS)?"),
            browser("Opera", "OPR"),
            browser("Chrome", "(?:Chrome|CriOS)"),
            browser("Firefox", "(?:Firefox|FxiOS)"),
            Map.entry("Safari", Pattern.compile("Version/(\\d{1,4})[\\d.]* (?:Mobile/\\w+ )?Safari/")),
            browser("curl", "curl"),
            browser("Python", "(?:Python|python-requests|Python-urllib)"),
            browser("Java", "Java-http-client"));

    private static final List<Map.Entry<String, String>> SYSTEMS = List.of(
            Map.entry("Windows", "Windows"),
            Map.entry("Android", "Android"),
            Map.entry("iPhone", "iOS"),
            Map.entry("iPad", "iOS"),
            Map.entry("Mac OS X", "Mac OS X"),
            Map.entry("CrOS", "Chrome OS"),
            Map.entry("Linux", "Linux"));

    private static final List<String> DEVICES = List.of("iPhone", "iPad");

    private UserAgent() {}

    private static Map.Entry<String, Pattern> browser(String name, String product) {
        return Map.entry(name, Pattern.compile(product + "/(\\d{1,4})"));
    }

    static Client client(HttpServerRequest request) {
        String header = request.getHeader(HttpHeaders.USER_AGENT);
        return read(CallLimits.address(request), header == null ? "" : header);
    }

    static Client read(String address, String header) {
        String agent = header.length() <= CHARS_MAX ? header : header.substring(0, CHARS_MAX);
        return new Client(address, browser(agent), system(agent), device(agent));
    }

    private static String browser(String agent) {
        for (Map.Entry<String, Pattern> known : BROWSERS) {
            Matcher found = known.getValue().matcher(agent);
            if (found.find()) {
                return known.getKey() + " " + found.group(1);
            }
        }
        return OTHER;
    }

    private static String system(String agent) {
        return SYSTEMS.stream()
                .filter(known -> agent.contains(known.getKey()))
                .map(Map.Entry::getValue)
                .findFirst()
                .orElse(OTHER);
    }

    private static String device(String agent) {
        return DEVICES.stream().filter(agent::contains).findFirst().orElse(OTHER);
    }
}
