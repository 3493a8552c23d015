// The worker in which this device's engine lives, as an entry of this app's build.
import "@sotto/platform-web/worker";
