package io.signalbox.api;

import io.signalbox.api.Shape.Kind;
import io.signalbox.identity.Authority;
import io.signalbox.ops.ErrorCode;
import io.vertx.core.http.HttpMethod;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What callers read about one call: what it does, takes and answers. Who may call it is not here but in the table of routes.
 *
 * <p>Examples are run as a test. In them {@code <name>} stands for something of the reader's own.
 */
final class Description {
    private final HttpMethod method;
    private final String path;
    private final String name;
    private final String tag;
    private final String summary;
    private final List<Query> queries = new ArrayList<>();
    private final Map<Integer, String> failures = new TreeMap<>();
    private String notes = "";
    private Optional<Content> takes = Optional.empty();
    private Optional<Content> answers = Optional.empty();
    private int status = 200;
    private Set<Authority> roles = Set.of();

    /** @param example empty: not in the example */
    record Query(String name, Kind kind, String example, boolean required, String meaning) {}

    /** How objects of a shape are laid out. */
    enum Form {
        ONE,
        LIST,
        /** An object whose members are lists. */
        LISTS_BY_KEY,
        /** One page of a long list, as all lists of entities are. */
        PAGE
    }

    /** A body. Examples are JSON text, but for plain text. */
    sealed interface Content {
        String example();

        record Shaped(Shape shape, Form form, String example) implements Content {}

        record Free(Kind kind, String example) implements Content {}

        record Plain(String mediaType, String example) implements Content {}
    }

    /**
     * @param path as in the table of routes
     * @param name unique; what generated clients call the method
     */
    Description(HttpMethod method, String path, String name, String tag, String summary) {
        this.method = method;
        this.path = path;
        this.name = name;
        this.tag = tag;
        this.summary = summary;
    }

    /** More than the summary says. */
    Description notes(String text) {
        notes = text;
        return this;
    }

    /** A query parameter that may be left out. {@code example} empty: it is left out of the example, too. */
    Description query(String parameter, Kind kind, String example, String meaning) {
        queries.add(new Query(parameter, kind, example, false, meaning));
        return this;
    }

    Description requiredQuery(String parameter, Kind kind, String example, String meaning) {
        queries.add(new Query(parameter, kind, example, true, meaning));
        return this;
    }

    /** The body of the request: {@code example} is JSON text, of as few members as make sense. */
    Description takes(Shape shape, String example) {
        takes = Optional.of(new Content.Shaped(shape, Form.ONE, example));
        return this;
    }

    Description takes(Shape shape) {
        return takes(shape, shape.example());
    }

    Description takesJson(Kind kind, String example) {
        takes = Optional.of(new Content.Free(kind, example));
        return this;
    }

    /** The body of the request as plain text. */
    Description takesText(String example) {
        takes = Optional.of(new Content.Plain("text/plain", example));
        return this;
    }

    /** The body of the answer; without a call of one of these it is empty. */
    Description answers(Shape shape) {
        return answers(Form.ONE, shape, shape.example());
    }

    Description answersList(Shape shape) {
        return answers(Form.LIST, shape, "[" + shape.example() + "]");
    }

    Description answersListsByKey(Shape shape, String example) {
        return answers(Form.LISTS_BY_KEY, shape, example);
    }

    /** One page of a list, with the query parameters that choose it. */
    Description answersPage(Shape shape) {
        requiredQuery("pageSize", Kind.WHOLE, "10", "Entries on a page");
        requiredQuery("page", Kind.WHOLE, "0", "Counted from 0");
        query("textSearch", Kind.TEXT, "", "Part of a name");
        query("sortProperty", Kind.TEXT, "", "Member to sort by");
        query("sortOrder", Kind.TEXT, "", "ASC or DESC");
        String example = "{\"data\":[" + shape.example() + "],\"totalPages\":1,\"totalElements\":1,\"hasNext\":false}";
        return answers(Form.PAGE, shape, example);
    }

    private Description answers(Form form, Shape shape, String example) {
        answers = Optional.of(new Content.Shaped(shape, form, example));
        return this;
    }

    Description answersJson(Kind kind, String example) {
        answers = Optional.of(new Content.Free(kind, example));
        return this;
    }

    Description answersText(String mediaType, String example) {
        answers = Optional.of(new Content.Plain(mediaType, example));
        return this;
    }

    /** The status of success, when it is not 200. */
    Description status(int success) {
        status = success;
        return this;
    }

    /** A refusal with the error object; those that any call may meet need not be named. */
    Description fails(ErrorCode code, String when) {
        return fails(code.httpStatus(), when + " (errorCode " + code.number() + ")");
    }

    /** A failure that has a status only. */
    Description fails(int failure, String when) {
        failures.merge(failure, when, (one, other) -> one + ". Or: " + other);
        return this;
    }

    /** Who may call what is not in the table of routes. */
    Description by(Set<Authority> callers) {
        roles = callers;
        return this;
    }

    HttpMethod method() {
        return method;
    }

    String path() {
        return path;
    }

    String name() {
        return name;
    }

    String tag() {
        return tag;
    }

    String summary() {
        return summary;
    }

    String notes() {
        return notes;
    }

    List<Query> queries() {
        return List.copyOf(queries);
    }

    Optional<Content> takes() {
        return takes;
    }

    Optional<Content> answers() {
        return answers;
    }

    int status() {
        return status;
    }

    /** By status. */
    Map<Integer, String> failures() {
        return new TreeMap<>(failures);
    }

    Set<Authority> roles() {
        return roles;
    }

    boolean describes(HttpMethod calledWith, String calledPath) {
        return method.equals(calledWith) && path.equals(calledPath);
    }
}
