package org.potluck.peer;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ConfiguratorRank;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.util.Optional;

/**
 * Logs to standard error, at the level that the variable {@code POTLUCK_LOG} names, or warnings.
 * People read the program's own lines; the log is for finding out what went wrong.
 *
 * <p>In Java, because reading the same from XML takes a tenth of a second longer in a fresh
 * process.
 */
@ConfiguratorRank(ConfiguratorRank.CUSTOM_TOP_PRIORITY)
public final class LogToErrors extends ContextAwareBase implements Configurator {
  private static final String LEVEL = "POTLUCK_LOG";

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    PatternLayoutEncoder encoder = new PatternLayoutEncoder();
    encoder.setContext(context);
    encoder.setPattern("%d{HH:mm:ss.SSS} %-5level %logger{24} %msg%n");
    encoder.start();
    ConsoleAppender<ILoggingEvent> errors = new ConsoleAppender<>();
    errors.setContext(context);
    errors.setName("stderr");
    errors.setTarget("System.err");
    errors.setEncoder(encoder);
    errors.start();
    Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
    root.addAppender(errors);
    root.setLevel(
        Optional.ofNullable(System.getenv(LEVEL))
            .map(name -> Level.toLevel(name, Level.WARN))
            .orElse(Level.WARN));
    context.getLogger("ai.djl").setLevel(Level.ERROR);
    // What it cannot do is thrown, too, and told to the person in our own words.
    context.getLogger("io.javalin").setLevel(Level.OFF);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }
}
