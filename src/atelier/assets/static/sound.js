// <sound-player>: colours the waveform up to where its sound is, and goes to where somebody points at it. Keys work on the
// browser's own player below it.
customElements.define("sound-player", class extends HTMLElement {
  connectedCallback() {
    this.querySelector("audio").addEventListener("timeupdate", this);
    this.querySelector(".waves")?.addEventListener("click", this);
  }

  handleEvent(event) {
    const audio = this.querySelector("audio"), waves = this.querySelector(".waves");
    if (!waves || !Number.isFinite(audio.duration)) return;
    if (event.type === "click") {
      const { left, width } = waves.getBoundingClientRect();
      audio.currentTime = (audio.duration * (event.clientX - left)) / width;
    }
    waves.style.setProperty("--at", `${(100 * audio.currentTime) / audio.duration}%`);
  }
});
