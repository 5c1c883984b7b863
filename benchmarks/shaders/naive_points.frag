#version 330 core
// The far side is dropped pixel by pixel, the near side blended.

in vec3 v_color;
in float v_facing;

out vec4 frag_color;

void main() {
    if (v_facing < 0.0) {
        discard;
    }
    frag_color = vec4(v_color, 0.9);
}
