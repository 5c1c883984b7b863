#version 330 core
// Shows the interpolated light, with noise of one step of an 8-bit channel: dark gradients would show bands.
// Noise: Jimenez 2014, "Next generation post processing in Call of Duty", interleaved gradient noise.

in vec3 v_color;

uniform float u_noise;  // height of the noise: 1/255, or 0 for none

out vec4 frag_color;

void main() {
    float noise = fract(52.9829189 * fract(dot(gl_FragCoord.xy, vec2(0.06711056, 0.00583715)))) - 0.5;
    frag_color = vec4(v_color + noise * u_noise, 1.0);
}
