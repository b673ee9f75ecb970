package org.potluck.trainer.model;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.util.Utils;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/**
 * Starts the PyTorch engine, once per process.
 *
 * <p>DJL reads its settings from system properties when the engine loads, calls home unless told
 * not to, and unpacks its libraries into a shared cache without a lock: a process that starts while
 * another unpacks may delete what the other just wrote. So the settings are made here, before
 * anything of DJL's is touched, and a file lock in that cache lets one process start at a time.
 */
final class PyTorch {
  private static @Nullable Engine engine;

  private PyTorch() {}

  /**
   * The running engine.
   *
   * @param threads threads of one operation, for the whole process; the first call decides
   */
  static synchronized Engine start(int threads) {
    Engine running = engine;
    if (running == null) {
      setUnlessSet("OPT_OUT_TRACKING", "true");
      setUnlessSet("ai.djl.offline", "true");
      setUnlessSet("ai.djl.pytorch.graph_optimizer", "false");
      setUnlessSet("ai.djl.pytorch.num_interop_threads", "1");
      setUnlessSet("ai.djl.pytorch.num_threads", Integer.toString(threads));
      running = load();
      engine = running;
    }
    return running;
  }

  static Device device(Engine engine, DeviceChoice choice) {
    int gpus = choice == DeviceChoice.CPU ? 0 : engine.getGpuCount();
    if (choice == DeviceChoice.GPU && gpus == 0) {
      throw new IllegalStateException(
          "PyTorch sees no GPU here: set device to cpu or auto, or give it a CUDA build of LibTorch"
              + " (PYTORCH_LIBRARY_PATH)");
    }
    return gpus > 0 ? Device.gpu() : Device.cpu();
  }

  private static Engine load() {
    Path cache = Utils.getEngineCacheDir("pytorch");
    Path lock = cache.resolve("potluck.lock");
    try {
      Files.createDirectories(cache);
      try (var channel =
              FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          var _ = channel.lock()) {
        return Engine.getEngine("PyTorch");
      }
    } catch (EngineException e) {
      throw new IllegalStateException(
          "PyTorch's libraries did not load; they are unpacked into %s (DJL_CACHE_DIR moves it)"
              .formatted(cache),
          e);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot write PyTorch's cache %s: free some space or set DJL_CACHE_DIR".formatted(cache),
          e);
    }
  }

  private static void setUnlessSet(String key, String value) {
    if (System.getProperty(key) == null) {
      System.setProperty(key, value);
    }
  }
}
