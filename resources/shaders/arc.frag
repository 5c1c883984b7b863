#version 330 core
// A faint line with soft edges, fading into the ground at both ends; dashed where asked for. Premultiplied.

in float v_side;
in float v_along;
in float v_seen;
flat in vec3 v_color;
flat in float v_dash;

uniform float u_time_s;

out vec4 frag_color;

const float FAINT = 0.52;  // of an unbroken line: what moves along it shall stand out
const float DASHES_PER_S = 0.8;

float dash() {
    if (v_dash <= 0.0) {
        return FAINT;
    }
    float phase = fract(v_along / (2.0 * v_dash) - u_time_s * DASHES_PER_S);
    return mix(0.5 * FAINT, 0.9, smoothstep(0.0, 0.08, phase) * (1.0 - smoothstep(0.5, 0.58, phase)));
}

void main() {
    float across = max(1.0 - v_side * v_side, 0.0);
    float line = pow(across, 6.0) + 0.16 * across * across;
    float ends = smoothstep(0.0, 0.03, v_along) * (1.0 - smoothstep(0.97, 1.0, v_along));
    float light = line * dash() * (0.35 + 0.65 * ends) * smoothstep(0.0, 0.02, v_seen);
    frag_color = vec4(v_color * light, light * 0.45);
}
