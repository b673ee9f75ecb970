package org.potluck.peer;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class LogToErrorsTest {
  @Test
  void isWhatThisProgramLogsBy() {
    Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);

    assertThat(root.getAppender("stderr"))
        .isInstanceOfSatisfying(
            ConsoleAppender.class,
            appender -> assertThat(appender.getTarget()).isEqualTo("System.err"));
  }

  @Test
  void keepsLibrariesQuiet() {
    LoggerContext context = new LoggerContext();

    new LogToErrors().configure(context);

    assertThat(context.getLogger("org.potluck").isInfoEnabled()).isFalse();
    assertThat(context.getLogger("org.potluck").isWarnEnabled()).isTrue();
    assertThat(context.getLogger("ai.djl.engine").isWarnEnabled()).isFalse();
    assertThat(context.getLogger("io.javalin").getEffectiveLevel()).isEqualTo(Level.OFF);
    Iterable<ch.qos.logback.core.Appender<ILoggingEvent>> appenders =
        () -> context.getLogger(Logger.ROOT_LOGGER_NAME).iteratorForAppenders();
    assertThat(appenders).hasSize(1);
  }
}
