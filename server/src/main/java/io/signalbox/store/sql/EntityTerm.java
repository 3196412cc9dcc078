package io.signalbox.store.sql;

import io.signalbox.query.EntityQuery.Comparison;
import io.signalbox.query.EntityQuery.Condition;
import io.signalbox.query.EntityQuery.Likeness;
import io.signalbox.query.EntityQuery.Numeral;
import java.util.List;
import java.util.Locale;

/** A value of a device within a statement: what conditions and orders say of it. Parameters go where the text goes. */
sealed interface EntityTerm {
    String NEVER = "1 = 0";
    String ALWAYS = "1 = 1";

    /** What the device is called. {@code text} is never null; {@code folded} is the same in lower case. */
    record OfText(String text, String folded) implements EntityTerm {}

    /** A number that is always there. */
    record OfNumber(String number) implements EntityTerm {}

    /** Columns by kind of value, of a row that may be missing. */
    record OfValue(String alias, Dialect dialect) implements EntityTerm {
        String column(String name) {
            return alias + "." + name;
        }

        String text() {
            return "COALESCE(" + column("text_value") + ", " + column("json_value") + ", CAST(" + column("long_value")
                    + " AS TEXT), CASE WHEN "
                    + column("flag_value") + " THEN 'true' WHEN NOT " + column("flag_value")
                    + " THEN 'false' END, CAST("
                    + column("double_value") + " AS TEXT), '')";
        }
    }

    private String text() {
        return switch (this) {
            case OfText(String text, String _) -> text;
            case OfNumber(String number) -> "CAST(" + number + " AS TEXT)";
            case OfValue value -> value.text();
        };
    }

    private String folded() {
        return switch (this) {
            case OfText(String _, String folded) -> folded;
            case OfNumber _ -> text();
            case OfValue value -> value.dialect().asciiLower(value.text());
        };
    }

    /** As {@link #folded} has it: databases know the case of few letters, names are stored in lower case, too. */
    private String fold(String wanted) {
        if (this instanceof OfText) {
            return wanted.toLowerCase(Locale.ROOT);
        }
        StringBuilder folded = new StringBuilder(wanted);
        for (int i = 0; i < wanted.length(); i++) {
            char c = wanted.charAt(i);
            if (c >= 'A' && c <= 'Z') {
                folded.setCharAt(i, (char) (c - 'A' + 'a'));
            }
        }
        return folded.toString();
    }

    /** The text of a condition; adds what it compares with. */
    default String fits(Condition condition, List<Object> parameters) {
        return switch (condition) {
            case Condition.Numeric(Comparison comparison, Numeral number) ->
                compared(operator(comparison), number, parameters);
            case Condition.Flag(boolean wanted) -> isTrue(wanted, parameters);
            case Condition.Text(Likeness likeness, String wanted, boolean ignoresCase) ->
                like(likeness, ignoresCase ? folded() : text(), ignoresCase ? fold(wanted) : wanted, parameters);
            case Condition.OneOf(List<String> texts, boolean isNegated, boolean ignoresCase) -> {
                texts.forEach(each -> parameters.add(ignoresCase ? fold(each) : each));
                yield (ignoresCase ? folded() : text()) + (isNegated ? " NOT IN (" : " IN (")
                        + String.join(", ", texts.stream().map(_ -> "?").toList()) + ")";
            }
            case Condition.All(List<Condition> parts) -> joined(parts, " AND ", ALWAYS, parameters);
            case Condition.AnyOf(List<Condition> parts) -> joined(parts, " OR ", NEVER, parameters);
        };
    }

    private String joined(List<Condition> parts, String word, String ofNone, List<Object> parameters) {
        return parts.isEmpty()
                ? ofNone
                : "("
                        + String.join(
                                word,
                                parts.stream()
                                        .map(part -> fits(part, parameters))
                                        .toList()) + ")";
    }

    private static String operator(Comparison comparison) {
        return switch (comparison) {
            case EQUAL -> " = ?";
            case NOT_EQUAL -> " <> ?";
            case GREATER -> " > ?";
            case LESS -> " < ?";
            case GREATER_OR_EQUAL -> " >= ?";
            case LESS_OR_EQUAL -> " <= ?";
        };
    }

    private String compared(String operator, Numeral number, List<Object> parameters) {
        Object wanted = switch (number) {
            case Numeral.Whole(long value) -> value;
            case Numeral.Decimal(double value) -> value;
        };
        return switch (this) {
            case OfText _ -> NEVER;
            case OfNumber(String column) -> {
                parameters.add(wanted);
                yield column + operator;
            }
            case OfValue value -> {
                parameters.add(wanted);
                parameters.add(wanted instanceof Long whole ? (Object) whole.doubleValue() : wanted);
                yield "(" + value.column("long_value") + operator + " OR " + value.column("double_value") + operator
                        + ")";
            }
        };
    }

    private String isTrue(boolean wanted, List<Object> parameters) {
        if (this instanceof OfValue value) {
            parameters.add(wanted);
            return "COALESCE(" + value.column("flag_value") + ", FALSE) = ?";
        }
        return wanted ? NEVER : ALWAYS;
    }

    private static String like(Likeness likeness, String text, String wanted, List<Object> parameters) {
        if (wanted.isEmpty()) {
            return switch (likeness) {
                case EQUAL -> text + " = ''";
                case NOT_EQUAL -> text + " <> ''";
                case STARTS_WITH, ENDS_WITH, CONTAINS -> ALWAYS;
                case NOT_CONTAINS -> NEVER;
            };
        }
        parameters.add(wanted);
        return switch (likeness) {
            case EQUAL -> text + " = ?";
            case NOT_EQUAL -> text + " <> ?";
            case CONTAINS -> "replace(" + text + ", ?, '') <> " + text;
            case NOT_CONTAINS -> "replace(" + text + ", ?, '') = " + text;
            case STARTS_WITH -> {
                parameters.add(wanted);
                yield "substr(" + text + ", 1, length(?)) = ?";
            }
            case ENDS_WITH -> {
                parameters.add(wanted);
                yield "substr(" + text + ", length(" + text + ") - length(?) + 1) = ?";
            }
        };
    }

    /** What to sort by: numbers by size, then texts. Each part takes a direction. */
    default List<String> order() {
        return switch (this) {
            case OfText(String _, String folded) -> List.of(folded);
            case OfNumber(String number) -> List.of(number);
            case OfValue value -> {
                String number = "COALESCE(" + value.column("long_value") + ", " + value.column("double_value") + ")";
                yield List.of("CASE WHEN " + number + " IS NULL THEN 1 ELSE 0 END", number, folded());
            }
        };
    }
}
