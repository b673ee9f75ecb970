package org.potluck.trainer.model;

import ai.djl.Device;
import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.engine.StandardCapabilities;
import ai.djl.util.Utils;
import java.io.IOException;
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
   * @throws DeviceException if its libraries cannot be unpacked or loaded
   */
  static synchronized Engine start(int threads) throws DeviceException {
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

  /**
   * Where {@code choice} leads on this machine.
   *
   * @throws DeviceException if a GPU was asked for and PyTorch sees none
   */
  static Device device(Engine engine, DeviceChoice choice) throws DeviceException {
    int gpus = choice == DeviceChoice.CPU ? 0 : engine.getGpuCount();
    if (choice == DeviceChoice.GPU && gpus == 0) {
      throw new DeviceException(
          "no GPU can be used: %s; %s, or choose the device cpu"
              .formatted(
                  whyNoGpu(engine),
                  cuda(engine) ? "see whether nvidia-smi lists it" : remedy(engine.getVersion())));
    }
    return gpus > 0 ? Device.gpu() : Device.cpu();
  }

  /** Why {@link DeviceChoice#AUTO} leads to the processor. */
  static String whyNoGpu(Engine engine) {
    return cuda(engine)
        ? "the CUDA driver shows none"
        : "the PyTorch that comes with the program is built for processors only";
  }

  private static boolean cuda(Engine engine) {
    return engine.hasCapability(StandardCapabilities.CUDA);
  }

  private static String remedy(String version) {
    return "set PYTORCH_LIBRARY_PATH to the lib folder of LibTorch %1$s for CUDA, PYTORCH_VERSION to %1$s and PYTORCH_FLAVOR to cu128"
        .formatted(version);
  }

  private static Engine load() throws DeviceException {
    Path cache = Utils.getEngineCacheDir("pytorch");
    Path lock = cache.resolve("potluck.lock");
    try {
      Files.createDirectories(cache);
      try (var channel =
              FileChannel.open(lock, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          var _ = channel.lock()) {
        return Engine.getEngine("PyTorch");
      }
    } catch (EngineException | UnsatisfiedLinkError e) {
      throw new DeviceException(
          "PyTorch's libraries did not load: they are unpacked into %s (DJL_CACHE_DIR moves it), unless PYTORCH_LIBRARY_PATH says where they are"
              .formatted(cache),
          e);
    } catch (IOException e) {
      throw new DeviceException(
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
