#version 330 core
// A small white-hot dot in a glow of its arc's colour. Premultiplied.

in vec2 v_corner;
flat in vec3 v_color;

out vec4 frag_color;

void main() {
    float from_middle = length(v_corner);
    float fall = max(1.0 - from_middle, 0.0);
    float core = 1.0 - smoothstep(0.26, 0.40, from_middle);
    vec3 light = v_color * fall * fall * 1.1;
    frag_color = vec4(mix(light, mix(v_color, vec3(1.0), 0.85), core), core);
}
